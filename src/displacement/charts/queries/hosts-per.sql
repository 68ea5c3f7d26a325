-- A row is one of the fifteen countries that host most people displaced across borders for their population or economy
-- (getvariable('per'): head or gdp), at a year-end (getvariable('year'), else the newest): per 1,000 inhabitants, or per
-- million US dollars of gross domestic product, of the denominator's year.
with rates as (
    select
        rank_per_1000_inhabitants as rank,
        asylum,
        reference_date,
        year,
        displaced_across,
        population as denominator,
        population_year as denominator_year,
        per_1000_inhabitants as rate
    from hosting
    where getvariable('per') = 'head'
    union all
    select
        rank_per_million_usd_gdp as rank,
        asylum,
        reference_date,
        year,
        displaced_across,
        gdp_current_usd as denominator,
        gdp_year as denominator_year,
        per_million_usd_gdp as rate
    from hosting
    where getvariable('per') = 'gdp'
)

select
    rates.rank,
    rates.asylum as country,
    countries.name,
    rates.reference_date,
    rates.year,
    rates.displaced_across,
    rates.denominator,
    rates.denominator_year,
    rates.rate
from rates
inner join countries on rates.asylum::varchar = countries.iso3::varchar
where
    rates.rank <= 15
    and rates.year = coalesce(getvariable('year'), (select max(year) from hosting))
order by rates.rank, rates.asylum
