-- A row is one of the fifteen countries that host most people displaced across borders for their economy, at a year-end
-- (getvariable('year'), else the newest): per million US dollars of gross domestic product of the denominator's year.
select
    hosting.rank_per_million_usd_gdp as rank,
    hosting.asylum as country,
    countries.name,
    hosting.reference_date,
    hosting.year,
    hosting.displaced_across,
    hosting.gdp_current_usd as denominator,
    hosting.gdp_year as denominator_year,
    hosting.per_million_usd_gdp as rate
from hosting
inner join countries on hosting.asylum::varchar = countries.iso3::varchar
where
    hosting.rank_per_million_usd_gdp <= 15
    and hosting.year = coalesce(getvariable('year'), (select max(year) from hosting))
order by hosting.rank_per_million_usd_gdp, hosting.asylum
