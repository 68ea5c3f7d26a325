-- question: How many people of the world's population are displaced, one in how many?
-- population_of_countries is the sum over the countries that have a figure of the World Bank for the year, not a world
-- population as published, which is in no table here: UNHCR, with a larger one, printed one in 67 for 2024.
-- A year is missing as long as no release has its population.
select
    global_totals.year,
    global_totals.published_total,
    cast(sum(denominators.value) as bigint) as population_of_countries,
    count(denominators.country) as countries,
    cast(round(sum(denominators.value) / global_totals.published_total) as integer) as one_in
from global_totals
inner join denominators
    on global_totals.year = denominators.year and denominators.indicator = 'population'
where global_totals.period = 'year-end' and global_totals.published_total is not null
group by global_totals.year, global_totals.published_total
order by global_totals.year desc
limit 5
