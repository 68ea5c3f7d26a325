-- A row is a year (getvariable('year'), else the newest with a remainder): how refugees under UNHCR's mandate changed
-- in the world or for a country (getvariable('country')) in a role (getvariable('role')). stock_before +
-- newly_recognised - returned - naturalised - resettled = stock_after + remainder.
select
    country,
    role,
    year,
    stock_before,
    newly_recognised,
    returned,
    naturalised,
    resettled,
    remainder,
    stock_after
from yearly_change
where
    country = coalesce(getvariable('country'), 'world')
    and role = case when getvariable('country') is null then 'world' else getvariable('role') end
    and remainder is not null
    and coalesce(stock_before, stock_after) is not null
    and year = coalesce(getvariable('year'), (select max(year) from yearly_change where remainder is not null))
