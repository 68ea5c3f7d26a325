-- A row is a year, from the first a dataset has ever reached back to, to the newest of the raw table: how many rows the year
-- has within the span of the table, and 0 before the table begins. Years that are not possible are left out.
with found as (
    select year, count(*) as n
    from rows
    where years_early = 0 and years_ahead = 0
    group by year
)
select
    span.year,
    case when span.year >= (select min(year) from found) then coalesce(found.n, 0) end as rows_within,
    case when span.year < (select min(year) from found) then 0 end as rows_before
from (
    select unnest(range(dataset.first_year, newest.year + 1)) as year
    from dataset, (select max(year) as year from found) as newest
) as span
left join found on found.year = span.year
order by span.year
