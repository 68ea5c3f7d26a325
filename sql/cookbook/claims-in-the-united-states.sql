-- question: How many people asked for asylum in the United States?
-- asylum: USA
-- years: 4
-- Persons and cases are never added: a case can hold several persons. 2024 covers January to June only, and 2025 is
-- split into persons and cases: a trend across them is false.
select
    year,
    covers_to,
    unit,
    cast(sum(applications) as bigint) as applications,
    cast(sum(decisions) as bigint) as decisions
from asylum_outcomes
where asylum = $asylum and year > (select max(year) from asylum_outcomes) - $years
group by year, covers_to, unit
order by year desc, unit
