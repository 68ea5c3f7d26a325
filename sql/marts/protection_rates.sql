-- A row is a country (or the world), a role, a year and a unit with decisions on the substance of asylum claims: the share that
-- gave protection at first instance, on repeat applications, and at all levels together. First instance is the level FI, of
-- any procedure; repeat applications are RA; all levels hold appeals and reviews as well. What authorities report under a
-- level of their own (the United States under IN and EO, some under first instance and appeal together, FA) is in all levels
-- only. Sums are divided, rates never averaged. The world and origins leave out hosts with part of the year only.
with decided as (
    select
        origin,
        asylum,
        year,
        unit,
        is_partial_year,
        decision_level,
        decisions,
        coalesce(recognized, 0) + coalesce(complementary, 0) as granted
    from asylum_decisions_by_level
    where decisions is not null
),

placed as (
    select
        'world' as country,
        'world' as role,
        year,
        unit,
        is_partial_year,
        decision_level,
        decisions,
        granted
    from decided
    where not is_partial_year
    union all
    select
        cast(origin as varchar) as country,
        'origin' as role,
        year,
        unit,
        is_partial_year,
        decision_level,
        decisions,
        granted
    from decided
    where not is_partial_year
    union all
    select
        cast(asylum as varchar) as country,
        'asylum' as role,
        year,
        unit,
        is_partial_year,
        decision_level,
        decisions,
        granted
    from decided
),

summed as (
    select
        country,
        role,
        year,
        unit,
        bool_or(is_partial_year) as is_partial_year,
        sum(decisions) as decisions,
        sum(granted) as granted,
        sum(decisions) filter (decision_level = 'FI') as first_instance_decisions,
        sum(granted) filter (decision_level = 'FI') as first_instance_granted,
        sum(decisions) filter (decision_level = 'RA') as repeat_decisions,
        sum(granted) filter (decision_level = 'RA') as repeat_granted
    from placed
    group by country, role, year, unit
)

select
    country,
    role,
    year,
    unit,
    is_partial_year,
    first_instance_decisions,
    round(first_instance_granted / first_instance_decisions, 4) as first_instance_rate,
    first_instance_decisions < 100 as first_instance_rests_on_few,
    repeat_decisions,
    round(repeat_granted / repeat_decisions, 4) as repeat_rate,
    repeat_decisions < 100 as repeat_rests_on_few,
    decisions,
    round(granted / decisions, 4) as total_protection_rate,
    decisions < 100 as rests_on_few
from summed
