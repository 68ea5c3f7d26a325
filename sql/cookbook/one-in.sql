-- question: How many people of the world's population are displaced, one in how many?
-- The world's population is the sum over the countries that have a figure for the year.
select
    global_totals.year,
    global_totals.published_total,
    sum(denominators.value) as world_population,
    cast(round(sum(denominators.value) / global_totals.published_total) as integer) as one_in
from global_totals
inner join denominators
    on global_totals.year = denominators.year and denominators.indicator = 'population'
where global_totals.period = 'year-end' and global_totals.published_total is not null
group by global_totals.year, global_totals.published_total
order by global_totals.year desc
limit 5
