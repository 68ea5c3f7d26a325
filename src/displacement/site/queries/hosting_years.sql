-- A row is a country of asylum at a year-end, with people displaced across borders for its people and its economy.
select
    asylum as country,
    year,
    per_1000_inhabitants,
    per_million_usd_gdp
from hosting
where per_1000_inhabitants is not null or per_million_usd_gdp is not null
order by asylum, year
