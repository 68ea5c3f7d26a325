-- table: asylum_outcomes
-- Solutions and asylum outcomes hold every figure of a whole year once: their sums are those of the figures.
-- A returned row is an indicator and a year in which they are not.
with summed as (
    select
        indicator,
        year,
        sum(value) as value
    from figures
    where
        period = 'year-end'
        and (
            starts_with(indicator, 'asylum_applications') or starts_with(indicator, 'asylum_decisions')
            or indicator in ('returned_refugees', 'resettlement', 'naturalisation', 'returned_idps')
        )
    group by indicator, year
),

solved as (
    select
        year,
        sum(returned_refugees) as returned_refugees,
        sum(resettlement) as resettlement,
        sum(naturalisation) as naturalisation,
        sum(returned_idps) as returned_idps
    from solutions
    group by year
),

decided as (
    select
        year,
        case unit when 'cases' then '_cases' else '' end as suffix,
        sum(applications) as applications,
        sum(recognized) as recognized,
        sum(complementary) as complementary,
        sum(rejected) as rejected,
        sum(closed) as closed
    from asylum_outcomes
    group by year, unit
),

modelled as (
    select
        'returned_refugees' as indicator,
        year,
        returned_refugees as value
    from solved
    union all
    select
        'resettlement' as indicator,
        year,
        resettlement as value
    from solved
    union all
    select
        'naturalisation' as indicator,
        year,
        naturalisation as value
    from solved
    union all
    select
        'returned_idps' as indicator,
        year,
        returned_idps as value
    from solved
    union all
    select
        concat('asylum_applications', suffix) as indicator,
        year,
        applications as value
    from decided
    union all
    select
        concat('asylum_decisions_recognized', suffix) as indicator,
        year,
        recognized as value
    from decided
    union all
    select
        concat('asylum_decisions_other', suffix) as indicator,
        year,
        complementary as value
    from decided
    union all
    select
        concat('asylum_decisions_rejected', suffix) as indicator,
        year,
        rejected as value
    from decided
    union all
    select
        concat('asylum_decisions_closed', suffix) as indicator,
        year,
        closed as value
    from decided
)

select
    coalesce(cast(summed.indicator as varchar), modelled.indicator) as indicator,
    coalesce(summed.year, modelled.year) as year,
    summed.value as figures,
    modelled.value as modelled
from summed
full join modelled on summed.indicator = modelled.indicator and summed.year = modelled.year
where summed.value is distinct from modelled.value
