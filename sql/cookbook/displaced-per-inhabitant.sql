-- question: From which countries are most people displaced for each inhabitant?
-- n: 10
-- Among countries of a million inhabitants or more. Most people across borders are not among the inhabitants, so that the
-- number can be above one. UNRWA's refugees are Palestinian by origin, also those in the State of Palestine.
select
    country,
    country_name,
    inside,
    across_with_unrwa,
    population_year,
    round(per_inhabitant, 2) as per_inhabitant
from displaced_share
where population >= 1000000 and reference_date = (select max(reference_date) from displaced_share)
order by displaced_share.per_inhabitant desc
limit $n
