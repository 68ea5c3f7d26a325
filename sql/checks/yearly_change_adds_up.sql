-- The parts of a yearly change add up to the stock after and the remainder; a stock before is the stock after of the year
-- before; the countries of each role add up to the world; and the stocks are those of country_totals.
-- A returned row is a country, a role and a year for which one of these is not so.
with rows_off as (
    select
        country,
        cast(role as varchar) as role,
        year,
        remainder
    from yearly_change
    where
        remainder is not null
        and remainder <> coalesce(stock_before, 0) + coalesce(newly_recognised, 0) - coalesce(returned, 0)
        - coalesce(naturalised, 0) - coalesce(resettled, 0) - coalesce(stock_after, 0)
),

chain_off as (
    select
        coalesce(now.country, before.country) as country,
        cast(coalesce(now.role, before.role) as varchar) as role,
        coalesce(now.year, before.year + 1) as year,
        now.remainder
    from yearly_change as now
    full join yearly_change as before
        on now.country = before.country and now.role = before.role and now.year = before.year + 1
    where
        now.stock_before is distinct from before.stock_after
        and coalesce(now.year, before.year + 1) <= (select max(year) from yearly_change)
),

summed as (
    select
        cast(role as varchar) as role,
        year,
        sum(stock_before) as stock_before,
        sum(newly_recognised) as newly_recognised,
        sum(returned) as returned,
        sum(naturalised) as naturalised,
        sum(stock_after) as stock_after,
        sum(new_asylum_seekers) as new_asylum_seekers,
        sum(new_oip) as new_oip
    from yearly_change
    group by role, year
),

world_off as (
    select
        'world' as country,
        summed.role,
        summed.year,
        world.remainder
    from summed
    inner join yearly_change as world on summed.year = world.year and world.role = 'world'
    where
        summed.stock_before is distinct from world.stock_before
        or summed.newly_recognised is distinct from world.newly_recognised
        or summed.returned is distinct from world.returned
        or summed.naturalised is distinct from world.naturalised
        or summed.stock_after is distinct from world.stock_after
        or summed.new_asylum_seekers is distinct from world.new_asylum_seekers
        or summed.new_oip is distinct from world.new_oip
),

stocks_off as (
    select
        cast(country_totals.country as varchar) as country,
        cast(country_totals.role as varchar) as role,
        country_totals.year,
        yearly_change.remainder
    from country_totals
    left join yearly_change
        on
            country_totals.country = yearly_change.country
            and country_totals.role = yearly_change.role
            and country_totals.year = yearly_change.year
    where country_totals.period = 'year-end' and country_totals.refugees is distinct from yearly_change.stock_after
)

select country, role, year, remainder from rows_off
union all
select country, role, year, remainder from chain_off
union all
select country, role, year, remainder from world_off
union all
select country, role, year, remainder from stocks_off
