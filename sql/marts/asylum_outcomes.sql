-- A row is an origin, a country of asylum, a year and a unit (persons or cases) with asylum applications or decisions. What is
-- published as a year: is_partial_year marks what covers less (the United States in 2024), up to covers_to. Cases are rows of
-- their own: a case can hold several persons, and the two are never added.
-- decisions = recognized + complementary + rejected, those on the substance of a claim; closed claims were decided on no
-- substance. The rates are shares of these decisions, all levels together (appeals too), and NULL where there are none;
-- rests_on_few marks those of fewer than a hundred.
with outcomes as (
    select
        origin,
        asylum,
        year,
        case when ends_with(indicator, '_cases') then 'cases' else 'persons' end as unit,
        max(value) filter (indicator in ('asylum_applications', 'asylum_applications_cases')) as applications,
        max(value) filter (indicator in ('asylum_decisions_recognized', 'asylum_decisions_recognized_cases'))
            as recognized,
        max(value) filter (indicator in ('asylum_decisions_other', 'asylum_decisions_other_cases')) as complementary,
        max(value) filter (indicator in ('asylum_decisions_rejected', 'asylum_decisions_rejected_cases')) as rejected,
        max(value) filter (indicator in ('asylum_decisions_closed', 'asylum_decisions_closed_cases')) as closed
    from figures
    where
        indicator in (
            'asylum_applications', 'asylum_applications_cases',
            'asylum_decisions_recognized', 'asylum_decisions_recognized_cases',
            'asylum_decisions_other', 'asylum_decisions_other_cases',
            'asylum_decisions_rejected', 'asylum_decisions_rejected_cases',
            'asylum_decisions_closed', 'asylum_decisions_closed_cases'
        )
        and period = 'year-end'
    group by origin, asylum, year, case when ends_with(indicator, '_cases') then 'cases' else 'persons' end
),

decided as (
    select
        origin,
        asylum,
        year,
        unit,
        applications,
        recognized,
        complementary,
        rejected,
        closed,
        nullif(coalesce(recognized, 0) + coalesce(complementary, 0) + coalesce(rejected, 0), 0) as decisions
    from outcomes
),

partial as (
    select
        asylum,
        year,
        case when ends_with(indicator, '_cases') then 'cases' else 'persons' end as unit,
        min(covers_to) as covers_to
    from partial_years
    where starts_with(indicator, 'asylum_')
    group by asylum, year, case when ends_with(indicator, '_cases') then 'cases' else 'persons' end
)

select
    decided.origin,
    decided.asylum,
    decided.year,
    decided.unit,
    coalesce(partial.covers_to, make_date(decided.year, 12, 31)) as covers_to,
    partial.covers_to is not null as is_partial_year,
    decided.applications,
    decided.recognized,
    decided.complementary,
    decided.rejected,
    decided.closed,
    decided.decisions,
    round(coalesce(decided.recognized, 0) / decided.decisions, 4) as recognition_rate,
    round((coalesce(decided.recognized, 0) + coalesce(decided.complementary, 0)) / decided.decisions, 4)
        as total_protection_rate,
    decided.decisions < 100 as rests_on_few
from decided
left join partial
    on decided.asylum = partial.asylum and decided.year = partial.year and decided.unit = partial.unit
