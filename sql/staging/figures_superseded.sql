-- A row is a value of a figure that no longer stands, with the span of releases in which it did.
-- The values a later release changed or withdrew.
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
where superseded_in is not null
