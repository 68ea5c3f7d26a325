-- A row is an indicator: what it counts, and from when on.
select
    indicator,
    dataset,
    kind,
    unit,
    first_year,
    definition
from indicators
order by indicator
