-- question: Which countries received most new asylum claims?
-- n: 10
-- Persons only: authorities that count cases (mainly the United States and the United Kingdom) have rows of their own.
select
    asylum_outcomes.asylum,
    countries.name,
    asylum_outcomes.year,
    asylum_outcomes.covers_to,
    cast(sum(asylum_outcomes.applications) as bigint) as applications
from asylum_outcomes
inner join countries on asylum_outcomes.asylum = countries.iso3
where asylum_outcomes.unit = 'persons' and asylum_outcomes.year = (select max(year) from asylum_outcomes)
group by asylum_outcomes.asylum, countries.name, asylum_outcomes.year, asylum_outcomes.covers_to
order by applications desc nulls last
limit $n
