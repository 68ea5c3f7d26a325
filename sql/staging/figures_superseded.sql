-- A row is a superseded value of a figure, with the span of releases in which it was current.
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
