-- A row is one of the fifteen countries that host most people displaced across borders for their population, at a
-- year-end (getvariable('year'), else the newest): per 1,000 inhabitants of the year of the denominator.
select
    hosting.rank_per_1000_inhabitants as rank,
    hosting.asylum as country,
    countries.name,
    hosting.reference_date,
    hosting.year,
    hosting.displaced_across,
    hosting.population as denominator,
    hosting.population_year as denominator_year,
    hosting.per_1000_inhabitants as rate
from hosting
inner join countries on hosting.asylum::varchar = countries.iso3::varchar
where
    hosting.rank_per_1000_inhabitants <= 15
    and hosting.year = coalesce(getvariable('year'), (select max(year) from hosting))
order by hosting.rank_per_1000_inhabitants, hosting.asylum
