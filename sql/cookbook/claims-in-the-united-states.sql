-- question: How many people asked for asylum in the United States?
-- asylum: USA
-- years: 4
-- Persons and cases are never added: a case can hold several persons. A trend is false across a year that ends before
-- 31 December (covers_to), and from a year in persons to one that is split into persons and cases.
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
