-- question: Which figures did the release of June 2025 change most?
-- release: 2025-06-12
-- n: 10
-- Figures of dates that an earlier release had covered. added: a country came late; returned: back after a withdrawal.
select
    indicator,
    reference_date,
    origin,
    asylum,
    event,
    value_before,
    value_after,
    difference
from revisions
where release = $release
order by abs(difference) desc, indicator, reference_date desc, origin, asylum
limit $n
