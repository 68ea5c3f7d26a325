-- A row is a country of asylum and a year of which some of its flows cover a part only, with their indicators.
select
    null as origin,
    asylum,
    year,
    list(cast(indicator as varchar) order by indicator) as indicators
from partial_years
group by asylum, year
order by year desc, asylum
