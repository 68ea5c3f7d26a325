-- Hosting divides by the newest denominator of the year and the three before, names its year, and by nothing else.
-- A returned row is a country of asylum and a year whose denominator is another, or that has a quotient without one.
with known as (
    select
        country,
        year,
        max(value) filter (indicator = 'population') as population,
        max(value) filter (indicator = 'gdp_current_usd') as gdp_current_usd
    from denominators
    group by country, year
),

newest as (
    select
        hosting.asylum,
        hosting.year,
        max(known.year) filter (known.population is not null) as population_year,
        max(known.year) filter (known.gdp_current_usd is not null) as gdp_year
    from hosting
    left join known on hosting.asylum = known.country and known.year <= hosting.year and known.year + 3 >= hosting.year
    group by hosting.asylum, hosting.year
)

select
    hosting.asylum,
    hosting.year,
    hosting.population_year,
    newest.population_year as population_year_there,
    hosting.gdp_year,
    newest.gdp_year as gdp_year_there
from hosting
inner join newest on hosting.asylum = newest.asylum and hosting.year = newest.year
left join known as people on hosting.asylum = people.country and newest.population_year = people.year
left join known as economy on hosting.asylum = economy.country and newest.gdp_year = economy.year
where
    hosting.population_year is distinct from newest.population_year
    or hosting.gdp_year is distinct from newest.gdp_year
    or hosting.population is distinct from people.population
    or hosting.gdp_current_usd is distinct from economy.gdp_current_usd
    or (hosting.per_1000_inhabitants_with_unrwa is null) <> (hosting.population is null)
    or (hosting.per_million_usd_gdp_with_unrwa is null) <> (hosting.gdp_current_usd is null)
