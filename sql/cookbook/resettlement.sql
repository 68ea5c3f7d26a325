-- question: Which countries receive most people for resettlement?
-- n: 10
-- years: 3
-- asylum is the receiving country: from which country of first asylum people left is in no table.
select
    solutions.asylum,
    countries.name,
    cast(sum(solutions.resettlement) as bigint) as resettled,
    min(solutions.year) as from_year,
    max(solutions.year) as to_year
from solutions
inner join countries on solutions.asylum = countries.iso3
where
    solutions.resettlement is not null
    and solutions.year > (select max(year) from solutions where resettlement is not null) - $years
group by solutions.asylum, countries.name
order by resettled desc
limit $n
