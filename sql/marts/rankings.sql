-- A row is a country's rank by a measure, as origin or as asylum, on a reference date.
-- The world of share_of_world is the sum over all rows of country_totals, unknown and stateless included; these two
-- are not ranked. Equal values share a rank; cumulative_share adds up in the order of rank, then of country code;
-- people are added, not shares, so that the same figures always give the same numbers.
with totals as (
    select
        country,
        role,
        reference_date,
        year,
        period,
        refugees,
        unrwa_refugees,
        asylum_seekers,
        oip,
        idmc_idps,
        idps,
        stateless,
        refugees_and_oip,
        displaced_across,
        forcibly_displaced
    from country_totals
),

measured as (
    select
        role,
        'refugees' as measure,
        reference_date,
        year,
        period,
        country,
        refugees as value
    from totals
    where refugees is not null
    union all
    select
        role,
        'unrwa_refugees' as measure,
        reference_date,
        year,
        period,
        country,
        unrwa_refugees as value
    from totals
    where unrwa_refugees is not null
    union all
    select
        role,
        'asylum_seekers' as measure,
        reference_date,
        year,
        period,
        country,
        asylum_seekers as value
    from totals
    where asylum_seekers is not null
    union all
    select
        role,
        'oip' as measure,
        reference_date,
        year,
        period,
        country,
        oip as value
    from totals
    where oip is not null
    union all
    select
        role,
        'idmc_idps' as measure,
        reference_date,
        year,
        period,
        country,
        idmc_idps as value
    from totals
    where idmc_idps is not null
    union all
    select
        role,
        'idps' as measure,
        reference_date,
        year,
        period,
        country,
        idps as value
    from totals
    where idps is not null
    union all
    select
        role,
        'stateless' as measure,
        reference_date,
        year,
        period,
        country,
        stateless as value
    from totals
    where stateless is not null
    union all
    select
        role,
        'refugees_and_oip' as measure,
        reference_date,
        year,
        period,
        country,
        refugees_and_oip as value
    from totals
    where refugees_and_oip is not null
    union all
    select
        role,
        'displaced_across' as measure,
        reference_date,
        year,
        period,
        country,
        displaced_across as value
    from totals
    where displaced_across is not null
    union all
    select
        role,
        'forcibly_displaced' as measure,
        reference_date,
        year,
        period,
        country,
        forcibly_displaced as value
    from totals
    where forcibly_displaced is not null
),

shared as (
    select
        measured.role,
        measured.measure,
        measured.reference_date,
        measured.year,
        measured.period,
        measured.country,
        measured.value,
        sum(measured.value) over (
            partition by measured.role, measured.measure, measured.reference_date
        ) as world
    from measured
)

select
    shared.role,
    shared.measure,
    shared.reference_date,
    shared.year,
    shared.period,
    rank() over (
        partition by shared.role, shared.measure, shared.reference_date
        order by shared.value desc
    ) as rank,
    shared.country,
    shared.value,
    shared.value / shared.world as share_of_world,
    sum(shared.value) over (
        partition by shared.role, shared.measure, shared.reference_date
        order by shared.value desc, shared.country asc
        rows between unbounded preceding and current row
    ) / shared.world as cumulative_share
from shared
inner join countries on shared.country = countries.iso3
where countries.kind not in ('unknown', 'stateless')
