-- A row is the total of an indicator for a country, a role and a reference date, from the release on in which it took
-- this value: the sum over the facts that were in it. The first row of a total is the oldest release kept that covers
-- it; every further row is a revision. The world has role world and country WLD.
with moved as (
    select
        indicator,
        reference_date,
        origin::varchar as country,
        'origin' as role,
        published_in as release,
        value as change
    from figures_history
    union all
    select
        indicator,
        reference_date,
        origin::varchar as country,
        'origin' as role,
        superseded_in as release,
        -value as change
    from figures_history
    where superseded_in is not null
    union all
    select
        indicator,
        reference_date,
        asylum::varchar as country,
        'asylum' as role,
        published_in as release,
        value as change
    from figures_history
    union all
    select
        indicator,
        reference_date,
        asylum::varchar as country,
        'asylum' as role,
        superseded_in as release,
        -value as change
    from figures_history
    where superseded_in is not null
    union all
    select
        indicator,
        reference_date,
        'WLD' as country,
        'world' as role,
        published_in as release,
        value as change
    from figures_history
    union all
    select
        indicator,
        reference_date,
        'WLD' as country,
        'world' as role,
        superseded_in as release,
        -value as change
    from figures_history
    where superseded_in is not null
),

summed as (
    select
        indicator,
        role,
        country,
        reference_date,
        release,
        sum(change) as change
    from moved
    where
        indicator in (
            'refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps', 'idps', 'stateless', 'ooc', 'hst',
            'returned_refugees', 'returned_idps', 'resettlement', 'naturalisation'
        )
    group by indicator, role, country, reference_date, release
    having sum(change) <> 0
)

select
    indicator,
    role,
    country,
    reference_date,
    release,
    cast(sum(change) over totals as bigint) as value,
    cast(change as bigint) as change
from summed
window totals as (partition by indicator, role, country, reference_date order by release)
order by country, role, indicator, reference_date desc, release
