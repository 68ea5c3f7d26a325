-- A row is a current figure.
-- The values no later release has superseded.
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in
from figures_history
where superseded_in is null
