-- parameters: release
-- A row is a value that was superseded by a release: figures_superseded_as_of('2024-06-17').
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in,
    superseded_in
from figures_history
where superseded_in <= known_release(release)
