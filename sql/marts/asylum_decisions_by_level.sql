-- A row is an origin, a country of asylum, a year, a procedure, a decision level and a unit (persons or cases) with decisions
-- on asylum claims, as UNHCR's table has them. The shipped figures hold their sums only, so there are no rows before a
-- release is added to the home; the newest accepted one is here. decisions = recognized + complementary + rejected.
with counted as (
    select
        origin,
        asylum,
        cast(year as smallint) as year,
        procedure_type,
        decision_level,
        unit,
        nullif(cast(recognized as bigint), 0) as recognized,
        nullif(cast(complementary as bigint), 0) as complementary,
        nullif(cast(rejected as bigint), 0) as rejected,
        nullif(cast(closed as bigint), 0) as closed
    from raw_asylum_decisions_by_level
),

partial as (
    select
        asylum,
        year,
        case when ends_with(indicator, '_cases') then 'cases' else 'persons' end as unit
    from partial_years
    where starts_with(indicator, 'asylum_decisions')
    group by asylum, year, case when ends_with(indicator, '_cases') then 'cases' else 'persons' end
)

select
    counted.origin,
    counted.asylum,
    counted.year,
    counted.procedure_type,
    counted.decision_level,
    counted.unit,
    partial.asylum is not null as is_partial_year,
    counted.recognized,
    counted.complementary,
    counted.rejected,
    counted.closed,
    nullif(coalesce(counted.recognized, 0) + coalesce(counted.complementary, 0) + coalesce(counted.rejected, 0), 0)
        as decisions
from counted
left join partial
    on counted.asylum = partial.asylum and counted.year = partial.year and counted.unit = partial.unit
where coalesce(counted.recognized, counted.complementary, counted.rejected, counted.closed) is not null
