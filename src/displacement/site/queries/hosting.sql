-- A row is a country of asylum at the newest year-end, with people displaced across borders for every 1,000 inhabitants.
select
    asylum,
    reference_date,
    displaced_across,
    population,
    population_year,
    per_1000_inhabitants
from hosting
where
    reference_date = (select max(reference_date) from hosting)
    and per_1000_inhabitants is not null
order by asylum
