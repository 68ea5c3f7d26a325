-- question: Whose claims does Germany accept most often?
-- asylum: DEU
-- least: 1000
-- n: 10
-- Origins with at least a thousand decisions on the substance in the newest year; persons only, all
-- decision levels together. Decisions counted in cases, many of the United States, are left out.
select
    asylum_outcomes.origin,
    countries.name,
    asylum_outcomes.decisions,
    asylum_outcomes.recognition_rate,
    asylum_outcomes.total_protection_rate
from asylum_outcomes
inner join countries on asylum_outcomes.origin = countries.iso3
where
    asylum_outcomes.asylum = $asylum
    and asylum_outcomes.unit = 'persons'
    and not asylum_outcomes.is_partial_year
    and asylum_outcomes.decisions >= $least
    and asylum_outcomes.year = (select max(year) from asylum_outcomes)
order by asylum_outcomes.total_protection_rate desc, asylum_outcomes.decisions desc
limit $n
