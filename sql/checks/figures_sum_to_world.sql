-- Over origins, over countries of asylum and over the regions of each scheme ('no region' included) the figures add up to
-- the same world, for every indicator and reference date.
-- A returned row is an indicator and a date for which one of the sums is another.
with world as (
    select
        indicator,
        reference_date,
        sum(value) as value
    from figures
    group by indicator, reference_date
),

placed as (
    select
        indicator,
        reference_date,
        'origin' as role,
        origin as country,
        sum(value) as value
    from figures
    group by indicator, reference_date, origin
    union all
    select
        indicator,
        reference_date,
        'asylum' as role,
        asylum as country,
        sum(value) as value
    from figures
    group by indicator, reference_date, asylum
),

regions as (
    select
        iso3 as country,
        'countries' as scheme,
        cast(iso3 as varchar) as region
    from countries
    union all
    select
        iso3 as country,
        'unhcr' as scheme,
        coalesce(unhcr_region, 'no region') as region
    from countries
    union all
    select
        iso3 as country,
        'm49' as scheme,
        coalesce(region, 'no region') as region
    from countries
    union all
    select
        iso3 as country,
        'm49_subregion' as scheme,
        coalesce(subregion, 'no region') as region
    from countries
),

by_region as (
    select
        placed.indicator,
        placed.reference_date,
        placed.role,
        regions.scheme,
        regions.region,
        sum(placed.value) as value
    from placed
    inner join regions on placed.country = regions.country
    group by placed.indicator, placed.reference_date, placed.role, regions.scheme, regions.region
),

summed as (
    select
        indicator,
        reference_date,
        role,
        scheme,
        sum(value) as value
    from by_region
    group by indicator, reference_date, role, scheme
),

expected as (
    select
        world.indicator,
        world.reference_date,
        kinds.role,
        kinds.scheme,
        world.value
    from world
    cross join (select distinct role, scheme from summed) as kinds
)

select
    expected.indicator,
    expected.reference_date,
    expected.role,
    expected.scheme,
    expected.value as world,
    summed.value as summed
from expected
left join summed
    on
        expected.indicator = summed.indicator
        and expected.reference_date = summed.reference_date
        and expected.role = summed.role
        and expected.scheme = summed.scheme
where expected.value is distinct from summed.value
