-- question: To which countries did most refugees go home in the newest year?
-- n: 10
select
    solutions.origin,
    countries.name,
    solutions.year,
    cast(sum(solutions.returned_refugees) as bigint) as returned_refugees
from solutions
inner join countries on solutions.origin = countries.iso3
where solutions.year = (select max(year) from solutions where returned_refugees is not null)
group by solutions.origin, countries.name, solutions.year
order by returned_refugees desc nulls last
limit $n
