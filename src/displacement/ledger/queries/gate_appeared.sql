-- A row is an indicator with countries that no release before had a figure of.
with added as (
    select indicator, origin as country from gate_cells where before is null and now is not null
    union
    select indicator, asylum from gate_cells where before is null and now is not null
),

known as (
    select indicator, origin as country from before_facts
    union
    select indicator, asylum from before_facts
)

select a.indicator, list(a.country order by a.country) as countries
from added as a
anti join known as k using (indicator, country)
semi join known as i on i.indicator = a.indicator
group by a.indicator
order by a.indicator
