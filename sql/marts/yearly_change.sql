-- A row is a country (or the world), a role and a year: how the number of refugees under UNHCR's mandate changed.
-- stock_before + newly_recognised - returned - naturalised - resettled = stock_after + remainder. Newly recognised are
-- people newly counted as refugees or in refugee-like situations, since the stock holds both. A part without a figure
-- counts nothing in the remainder, and note names it; where the world has no figure of newly recognised refugees or of
-- either stock there is no remainder at all. For a country of asylum departures for resettlement are in no table: they
-- stay in the remainder. New asylum-seekers and OIP are beside it: one person can be both in turn. Where a flow covers part
-- of the year only, in the country or in one of its countries of asylum, note names it; is_partial_year marks the row where
-- it is a part of the change.
with counted as (
    select
        figures.indicator,
        figures.origin,
        figures.asylum,
        figures.year,
        figures.value,
        partial_years.covers_to is not null as is_partial
    from figures
    left join partial_years
        on
            figures.indicator = partial_years.indicator
            and figures.asylum = partial_years.asylum
            and figures.year = partial_years.year
    where figures.period = 'year-end'
),

summed as (
    select
        cast(origin as varchar) as country,
        'origin' as role,
        year,
        indicator,
        sum(value) as value,
        bool_or(is_partial) as is_partial
    from counted
    where
        indicator in (
            'refugees', 'flow_refugees', 'flow_refugee_like', 'returned_refugees', 'naturalisation', 'resettlement',
            'flow_asylum_seekers', 'flow_oip'
        )
    group by origin, year, indicator
    union all
    select
        cast(asylum as varchar) as country,
        'asylum' as role,
        year,
        indicator,
        sum(value) as value,
        bool_or(is_partial) as is_partial
    from counted
    where
        indicator in (
            'refugees', 'flow_refugees', 'flow_refugee_like', 'returned_refugees', 'naturalisation',
            'flow_asylum_seekers', 'flow_oip'
        )
    group by asylum, year, indicator
),

placed as (
    select
        country,
        role,
        year,
        max(value) filter (indicator = 'refugees') as refugees,
        max(value) filter (indicator = 'flow_refugees') as new_refugees,
        max(value) filter (indicator = 'flow_refugee_like') as new_refugee_like,
        max(value) filter (indicator = 'returned_refugees') as returned,
        max(value) filter (indicator = 'naturalisation') as naturalised,
        max(value) filter (indicator = 'resettlement') as resettled,
        max(value) filter (indicator = 'flow_asylum_seekers') as new_asylum_seekers,
        max(value) filter (indicator = 'flow_oip') as new_oip,
        string_agg(cast(indicator as varchar), ', ' order by cast(indicator as varchar)) filter (is_partial) as partial,
        bool_or(is_partial and indicator not in ('flow_asylum_seekers', 'flow_oip')) as is_partial
    from summed
    group by country, role, year
    union all
    select
        'world' as country,
        'world' as role,
        year,
        sum(value) filter (indicator = 'refugees') as refugees,
        sum(value) filter (indicator = 'flow_refugees') as new_refugees,
        sum(value) filter (indicator = 'flow_refugee_like') as new_refugee_like,
        sum(value) filter (indicator = 'returned_refugees') as returned,
        sum(value) filter (indicator = 'naturalisation') as naturalised,
        sum(value) filter (indicator = 'resettlement') as resettled,
        sum(value) filter (indicator = 'flow_asylum_seekers') as new_asylum_seekers,
        sum(value) filter (indicator = 'flow_oip') as new_oip,
        string_agg(distinct cast(indicator as varchar), ', ' order by cast(indicator as varchar)) filter (is_partial)
            as partial,
        bool_or(is_partial and indicator not in ('flow_asylum_seekers', 'flow_oip')) as is_partial
    from summed
    where role = 'origin'
    group by year
),

changed as (
    select
        coalesce(now.country, before.country) as country,
        coalesce(now.role, before.role) as role,
        coalesce(now.year, before.year + 1) as year,
        before.refugees as stock_before,
        now.new_refugees,
        now.new_refugee_like,
        now.returned,
        now.naturalised,
        now.resettled,
        now.refugees as stock_after,
        coalesce(
            before.refugees, now.new_refugees, now.new_refugee_like, now.returned, now.naturalised, now.resettled,
            now.refugees
        ) is not null as has_parts,
        now.new_asylum_seekers,
        now.new_oip,
        now.partial,
        now.is_partial
    from placed as now
    full join (
        select
            country,
            role,
            year,
            refugees
        from placed
        where refugees is not null
    ) as before
        on now.country = before.country and now.role = before.role and now.year = before.year + 1
),

years as (
    select
        year,
        new_refugees is not null as has_new_refugees,
        stock_before is not null and stock_after is not null and new_refugees is not null as has_remainder
    from changed
    where country = 'world' and (stock_after is not null or new_refugees is not null)
),

balanced as (
    select
        changed.country,
        changed.role,
        changed.year,
        changed.stock_before,
        changed.new_refugees,
        changed.new_refugee_like,
        case
            when years.has_new_refugees and coalesce(changed.new_refugees, changed.new_refugee_like) is not null
                then coalesce(changed.new_refugees, 0) + coalesce(changed.new_refugee_like, 0)
        end as newly_recognised,
        changed.returned,
        changed.naturalised,
        changed.resettled,
        changed.stock_after,
        changed.has_parts,
        years.has_remainder,
        changed.new_asylum_seekers,
        changed.new_oip,
        changed.partial,
        changed.is_partial
    from changed
    inner join years on changed.year = years.year
)

select
    country,
    role,
    year,
    stock_before,
    newly_recognised,
    new_refugees,
    new_refugee_like,
    returned,
    returned / stock_before as returned_share,
    naturalised,
    resettled,
    stock_after,
    case
        when has_remainder and has_parts
            then
                coalesce(stock_before, 0) + coalesce(newly_recognised, 0) - coalesce(returned, 0)
                - coalesce(naturalised, 0) - coalesce(resettled, 0) - coalesce(stock_after, 0)
    end as remainder,
    nullif(concat_ws(
        ' ',
        case
            when not has_parts then 'No refugees counted.'
            when not has_remainder then 'The world has no figure of new refugees, or of a stock: no remainder.'
            when role = 'asylum' then 'The remainder holds departures for resettlement.'
        end,
        case when has_parts and has_remainder then 'No figure, taken as nothing: ' || nullif(concat_ws(
            ', ',
            case when stock_before is null then 'stock_before' end,
            case when newly_recognised is null then 'newly_recognised' end,
            case when returned is null then 'returned' end,
            case when naturalised is null then 'naturalised' end,
            case when resettled is null and role <> 'asylum' then 'resettled' end,
            case when stock_after is null then 'stock_after' end
        ), '') || '.' end,
        'Part of the year only, wholly or in some countries of asylum: ' || partial || '.'
    ), '') as note,
    coalesce(is_partial, false) as is_partial_year,
    new_asylum_seekers,
    new_oip
from balanced
