-- A row is a figure or a series that a rule finds odd, with the reason. Odd is not wrong: nothing is changed or left out.
-- The rules, their thresholds and the real case that set each are in the table meta.anomaly_rules. origin and asylum name the
-- figure; where one is NULL all of them are meant, so that a series of a country of asylum has no origin and one of the
-- world has neither. rank puts what matters most on a reference date first: by the weight of its rule, then by people.
with series as materialized (
    select
        indicator,
        'origin' as role,
        origin as country,
        reference_date,
        year,
        period,
        sum(value) as value
    from figures
    group by indicator, origin, reference_date, year, period
    union all
    select
        indicator,
        'asylum' as role,
        asylum as country,
        reference_date,
        year,
        period,
        sum(value) as value
    from figures
    group by indicator, asylum, reference_date, year, period
),

world as (
    select
        indicator,
        reference_date,
        sum(value) as value
    from series
    where role = 'origin'
    group by indicator, reference_date
),

rules as (
    select
        anomaly_rules.rule,
        unnest(string_split(anomaly_rules.indicators, ' ')) as indicator,
        anomaly_rules.minimum,
        anomaly_rules.minimum_share
    from anomaly_rules
    where anomaly_rules.indicators is not null
),

-- current figures -----------------------------------------------------------------------------------------------------

same_origin_and_asylum as (
    select
        rules.rule,
        rules.indicator,
        figures.reference_date,
        figures.origin,
        figures.asylum,
        cast(null as date) as revised_in,
        figures.value,
        cast(null as bigint) as compared_with,
        figures.value as people,
        concat('The country of asylum of ', format('{:,}', figures.value), ' is the one they are from') as reason
    from figures
    inner join rules on figures.indicator = rules.indicator and figures.value >= rules.minimum
    where figures.origin = figures.asylum and rules.rule = 'same_origin_and_asylum'
),

places_unknown as (
    select
        rules.rule,
        rules.indicator,
        series.reference_date,
        case when series.role = 'origin' then series.country end as origin,
        case when series.role = 'asylum' then series.country end as asylum,
        cast(null as date) as revised_in,
        series.value,
        world.value as compared_with,
        series.value as people,
        concat(
            'The ', case when series.role = 'origin' then 'origin' else 'country of asylum' end, ' of ',
            format('{:,}', series.value), ' is unknown, ', format('{:.0f}', 100 * series.value / world.value),
            ' per cent of all'
        ) as reason
    from series
    inner join countries on series.country = countries.iso3 and countries.kind = 'unknown'
    inner join world on series.indicator = world.indicator and series.reference_date = world.reference_date
    inner join rules
        on
            series.indicator = rules.indicator
            and rules.rule = 'place_unknown'
            and series.value >= rules.minimum
            and series.value >= rules.minimum_share * world.value
    where series.value < world.value
),

-- series from one year-end to the next -----------------------------------------------------------------------------------

stocks as (
    select
        rules.indicator,
        series.role,
        cast(series.country as varchar) as country,
        series.year,
        series.value,
        rules.minimum,
        rules.minimum_share
    from series
    inner join rules on series.indicator = rules.indicator and rules.rule = 'series_jumps'
    where series.period = 'year-end'
),

changes as (
    select
        coalesce(now.indicator, before.indicator) as indicator,
        coalesce(now.role, before.role) as role,
        coalesce(now.country, before.country) as country,
        coalesce(now.year, before.year + 1) as year,
        before.value as value_before,
        now.value as value_after
    from stocks as now
    full join stocks as before
        on
            now.indicator = before.indicator
            and now.role = before.role
            and now.country = before.country
            and now.year = before.year + 1
    where
        abs(coalesce(now.value, 0) - coalesce(before.value, 0)) >= coalesce(now.minimum, before.minimum)
        and abs(coalesce(now.value, 0) - coalesce(before.value, 0))
        >= coalesce(now.minimum_share, before.minimum_share) * greatest(now.value, before.value)
),

jumps as (
    select
        'series_jumps' as rule,
        changes.indicator,
        make_date(changes.year, 12, 31) as reference_date,
        case when changes.role = 'origin' then changes.country end as origin,
        case when changes.role = 'asylum' then changes.country end as asylum,
        cast(null as date) as revised_in,
        changes.value_after as value,
        changes.value_before as compared_with,
        abs(coalesce(changes.value_after, 0) - coalesce(changes.value_before, 0)) as people,
        concat(
            coalesce(format('{:,}', changes.value_before), 'None'), ' at the end of ', changes.year - 1, ', ',
            coalesce(format('{:,}', changes.value_after), 'none'), ' at the end of ', changes.year
        ) as reason
    from changes
    inner join world
        on changes.indicator = world.indicator and world.reference_date = make_date(changes.year, 12, 31)
    left join world as world_before
        on
            changes.indicator = world_before.indicator
            and world_before.reference_date = make_date(changes.year - 1, 12, 31)
    left join series_breaks
        on
            changes.indicator = series_breaks.indicator
            and world.reference_date = series_breaks.reference_date
            and (changes.value_before is null or changes.value_after is null)
    left join changes as same_place
        on
            changes.role = 'origin'
            and same_place.role = 'asylum'
            and changes.indicator = same_place.indicator
            and changes.country = same_place.country
            and changes.year = same_place.year
            and changes.value_before is not distinct from same_place.value_before
            and changes.value_after is not distinct from same_place.value_after
    where
        series_breaks.indicator is null
        and same_place.indicator is null
        -- Where nothing at all was counted a year before, the indicator begins: that is no jump.
        and (changes.value_before is not null or world_before.value is not null)
),

unexplained as (
    select
        rules.rule,
        rules.indicator,
        make_date(yearly_change.year, 12, 31) as reference_date,
        case when yearly_change.role = 'origin' then yearly_change.country end as origin,
        case when yearly_change.role = 'asylum' then yearly_change.country end as asylum,
        cast(null as date) as revised_in,
        yearly_change.stock_after as value,
        coalesce(yearly_change.stock_after, 0) + yearly_change.remainder as compared_with,
        abs(yearly_change.remainder) as people,
        concat(
            format('{:,}', abs(yearly_change.remainder)),
            case when yearly_change.remainder > 0 then ' fewer' else ' more' end,
            ' than the stock a year before, those who came and those who went give'
        ) as reason
    from yearly_change
    inner join rules
        on
            rules.rule = 'change_not_explained'
            and abs(yearly_change.remainder) >= rules.minimum
            and abs(yearly_change.remainder)
            >= rules.minimum_share * greatest(yearly_change.stock_before, yearly_change.stock_after)
    where yearly_change.role in ('origin', 'asylum')
),

-- flows of a country of asylum -----------------------------------------------------------------------------------------

flows as (
    select
        series.indicator,
        series.country as asylum,
        series.year,
        max(series.value) filter (series.period = 'year-end') as value,
        max(series.value) filter (series.period = 'mid-year') as mid_year
    from series
    inner join indicators on series.indicator = indicators.indicator and indicators.kind = 'flow'
    where series.role = 'asylum'
    group by series.indicator, series.country, series.year
),

halves as (
    select
        rules.rule,
        rules.indicator,
        make_date(flows.year, 12, 31) as reference_date,
        null as origin,
        flows.asylum,
        cast(null as date) as revised_in,
        flows.value,
        flows.mid_year as compared_with,
        case when flows.value = flows.mid_year then flows.value else flows.mid_year - flows.value end as people,
        concat(
            format('{:,}', flows.value), ' in the whole year, ',
            case when flows.value = flows.mid_year then 'and as many' else format('{:,}', flows.mid_year) end,
            ' in its first half'
        ) as reason
    from flows
    inner join rules
        on
            flows.indicator = rules.indicator
            and rules.rule = case when flows.value = flows.mid_year then 'equals_mid_year' else 'below_mid_year' end
            and case when flows.value = flows.mid_year then flows.value else flows.mid_year - flows.value end
            >= rules.minimum
    where flows.value <= flows.mid_year
),

mid_years as (
    select
        indicator,
        year
    from flows
    where mid_year is not null
    group by indicator, year
),

halves_missing as (
    select
        rules.rule,
        rules.indicator,
        make_date(flows.year, 6, 30) as reference_date,
        null as origin,
        flows.asylum,
        cast(null as date) as revised_in,
        cast(null as bigint) as value,
        before.mid_year as compared_with,
        flows.value as people,
        concat(
            'None at mid-', flows.year, ', ', format('{:,}', before.mid_year), ' at mid-', flows.year - 1, ' and ',
            format('{:,}', flows.value), ' in the whole of ', flows.year
        ) as reason
    from flows
    inner join flows as before
        on flows.indicator = before.indicator and flows.asylum = before.asylum and flows.year = before.year + 1
    inner join mid_years on flows.indicator = mid_years.indicator and flows.year = mid_years.year
    inner join rules
        on flows.indicator = rules.indicator and rules.rule = 'mid_year_missing' and flows.value >= rules.minimum
    where flows.mid_year is null and before.mid_year is not null
),

units as (
    select
        flows.indicator,
        flows.asylum,
        flows.year,
        flows.value as persons,
        in_cases.value as cases
    from flows
    inner join flows as in_cases
        on
            in_cases.indicator = concat(cast(flows.indicator as varchar), '_cases')
            and flows.asylum = in_cases.asylum
            and flows.year = in_cases.year
    where flows.value is not null and in_cases.value is not null
),

units_mixed as (
    select
        rules.rule,
        rules.indicator,
        make_date(units.year, 12, 31) as reference_date,
        null as origin,
        units.asylum,
        cast(null as date) as revised_in,
        units.persons as value,
        units.cases as compared_with,
        units.persons + units.cases as people,
        concat(format('{:,}', units.persons), ' persons, and apart from them ', format('{:,}', units.cases), ' cases')
            as reason
    from units
    inner join rules
        on
            units.indicator = rules.indicator
            and rules.rule = 'persons_and_cases'
            and least(units.persons, units.cases) >= rules.minimum
),

units_added as (
    select
        rules.rule,
        rules.indicator,
        make_date(units.year, 12, 31) as reference_date,
        null as origin,
        units.asylum,
        cast(null as date) as revised_in,
        flows.value,
        units.persons as compared_with,
        units.cases as people,
        concat(
            format('{:,}', flows.value), ' are ', format('{:,}', units.persons), ' persons and ',
            format('{:,}', units.cases), ' cases added up'
        ) as reason
    from units
    inner join flows on units.asylum = flows.asylum and units.year = flows.year
    inner join rules
        on
            flows.indicator = rules.indicator
            and rules.rule = 'cases_added_to_persons'
            and units.cases >= rules.minimum
    where units.indicator = 'asylum_applications' and flows.value = units.persons + units.cases
),

-- what figures are divided by, and broken down into ---------------------------------------------------------------------

denominators_known as (
    select
        denominators.indicator,
        years.year,
        max(denominators.year) as newest
    from denominators
    inner join (select distinct year from hosting) as years on denominators.year <= years.year
    group by denominators.indicator, years.year
),

denominators_missing as (
    select
        rules.rule,
        rules.indicator,
        hosting.reference_date,
        null as origin,
        hosting.asylum,
        cast(null as date) as revised_in,
        cast(null as bigint) as value,
        cast(null as bigint) as compared_with,
        hosting.displaced_across_with_unrwa as people,
        concat(
            'No ', case rules.indicator when 'population' then 'population' else 'gross domestic product' end, ' of ',
            denominators_known.newest, ' for a country that hosts ',
            format('{:,}', hosting.displaced_across_with_unrwa),
            coalesce(
                '; the newest is of '
                || case rules.indicator when 'population' then hosting.population_year else hosting.gdp_year end,
                ', nor of the years before that could stand in'
            )
        ) as reason
    from hosting
    inner join countries on hosting.asylum = countries.iso3 and countries.kind not in ('unknown', 'stateless')
    inner join denominators_known on hosting.year = denominators_known.year
    inner join rules
        on
            denominators_known.indicator = rules.indicator
            and rules.rule = 'denominator_missing'
            and hosting.displaced_across_with_unrwa >= rules.minimum
    where
        denominators_known.newest
        > coalesce(case rules.indicator when 'population' then hosting.population_year else hosting.gdp_year end, 0)
),

breakdowns_of_one_sex as (
    select
        rules.rule,
        rules.indicator,
        demographics.reference_date,
        null as origin,
        demographics.country as asylum,
        cast(null as date) as revised_in,
        greatest(demographics.female_age_unknown, demographics.male_age_unknown) as value,
        demographics.people_by_sex as compared_with,
        greatest(demographics.female_age_unknown, demographics.male_age_unknown) as people,
        concat(
            'All ', format('{:,}', greatest(demographics.female_age_unknown, demographics.male_age_unknown)),
            ' people of unknown age are ',
            case when demographics.female_age_unknown = 0 then 'male' else 'female' end,
            ': the share of women is not to be trusted'
        ) as reason
    from demographics
    inner join world
        on demographics.indicator = world.indicator and demographics.reference_date = world.reference_date
    inner join rules
        on
            demographics.indicator = rules.indicator
            and rules.rule = 'breakdown_of_one_sex'
            and greatest(demographics.female_age_unknown, demographics.male_age_unknown) >= rules.minimum
            and greatest(demographics.female_age_unknown, demographics.male_age_unknown)
            >= rules.minimum_share * demographics.people_by_sex
    where
        demographics.role = 'asylum'
        and least(demographics.female_age_unknown, demographics.male_age_unknown) = 0
),

-- breaks and revisions -------------------------------------------------------------------------------------------------

breaks as (
    select
        'break_in_series' as rule,
        series_breaks.indicator,
        series_breaks.reference_date,
        null as origin,
        series_breaks.asylum,
        cast(null as date) as revised_in,
        coalesce(series.value, world.value) as value,
        cast(null as bigint) as compared_with,
        coalesce(series.value, world.value) as people,
        series_breaks.what as reason
    from series_breaks
    inner join world
        on series_breaks.indicator = world.indicator and series_breaks.reference_date = world.reference_date
    left join series
        on
            series_breaks.indicator = series.indicator
            and series_breaks.reference_date = series.reference_date
            and series_breaks.asylum = series.country
            and series.role = 'asylum'
),

events as (
    select
        cast(revisions.indicator as varchar) as indicator,
        revisions.reference_date,
        revisions.year,
        cast(revisions.origin as varchar) as origin,
        cast(revisions.asylum as varchar) as asylum,
        revisions.release as revised_in,
        revisions.event,
        revisions.value_before,
        revisions.value_after,
        revisions.difference,
        revisions.difference_share,
        revisions.event = 'withdrawn' and coalesce(bool_or(revisions.event = 'returned') over (
            partition by revisions.indicator, revisions.reference_date, revisions.origin, revisions.asylum
            order by revisions.release
            rows between 1 following and unbounded following
        ), false) as came_back
    from revisions
),

vanished as (
    select
        anomaly_rules.rule,
        events.indicator,
        max(events.reference_date) as reference_date,
        null as origin,
        null as asylum,
        events.revised_in,
        cast(null as bigint) as value,
        sum(events.value_before) as compared_with,
        sum(events.value_before) as people,
        concat(
            format('{:,}', count(*)), ' figures of ', min(events.year), ' to ', max(events.year),
            ' vanished in this release and came back in a later one'
        ) as reason
    from events
    inner join anomaly_rules on anomaly_rules.rule = 'figures_vanished'
    where events.came_back
    group by anomaly_rules.rule, anomaly_rules.minimum, events.indicator, events.revised_in
    having count(*) >= anomaly_rules.minimum
),

moves as (
    select
        events.indicator,
        events.reference_date,
        events.revised_in,
        sum(events.difference) as difference,
        sum(events.difference) filter (not events.came_back and events.event <> 'returned') as lasting
    from events
    group by events.indicator, events.reference_date, events.revised_in
),

totals_moved as (
    select
        moves.indicator,
        moves.reference_date,
        moves.revised_in,
        moves.difference,
        moves.lasting,
        coalesce(world.value, 0) - coalesce(sum(moves.difference) over (
            partition by moves.indicator, moves.reference_date
            order by moves.revised_in
            rows between 1 following and unbounded following
        ), 0) as value_after
    from moves
    left join world on moves.indicator = world.indicator and moves.reference_date = world.reference_date
),

totals_revised as (
    select
        anomaly_rules.rule,
        totals_moved.indicator,
        totals_moved.reference_date,
        null as origin,
        null as asylum,
        totals_moved.revised_in,
        nullif(totals_moved.value_after, 0) as value,
        nullif(totals_moved.value_after - totals_moved.difference, 0) as compared_with,
        abs(totals_moved.lasting) as people,
        concat(
            'The world''s figure went from ',
            coalesce(format('{:,}', nullif(totals_moved.value_after - totals_moved.difference, 0)), 'none'), ' to ',
            coalesce(format('{:,}', nullif(totals_moved.value_after, 0)), 'none')
        ) as reason
    from totals_moved
    inner join anomaly_rules
        on
            anomaly_rules.rule = 'total_revised'
            and abs(totals_moved.lasting) >= anomaly_rules.minimum
            and abs(totals_moved.lasting)
            >= anomaly_rules.minimum_share * (totals_moved.value_after - totals_moved.difference)
),

figures_withdrawn as (
    select
        anomaly_rules.rule,
        events.indicator,
        events.reference_date,
        events.origin,
        events.asylum,
        events.revised_in,
        cast(null as bigint) as value,
        events.value_before as compared_with,
        events.value_before as people,
        concat('The figure of ', format('{:,}', events.value_before), ' was withdrawn') as reason
    from events
    inner join anomaly_rules
        on anomaly_rules.rule = 'figure_withdrawn' and events.value_before >= anomaly_rules.minimum
    where events.event = 'withdrawn' and not events.came_back
),

figures_revised as (
    select
        anomaly_rules.rule,
        events.indicator,
        events.reference_date,
        events.origin,
        events.asylum,
        events.revised_in,
        events.value_after as value,
        events.value_before as compared_with,
        abs(events.difference) as people,
        concat(
            'The figure went from ', format('{:,}', events.value_before), ' to ', format('{:,}', events.value_after)
        ) as reason
    from events
    inner join anomaly_rules
        on
            anomaly_rules.rule = 'figure_revised'
            and abs(events.difference) >= anomaly_rules.minimum
            and abs(events.difference_share) >= anomaly_rules.minimum_share
    where events.event = 'changed'
),

found as (
    select
        same_origin_and_asylum.rule,
        cast(same_origin_and_asylum.indicator as varchar) as indicator,
        same_origin_and_asylum.reference_date,
        cast(same_origin_and_asylum.origin as varchar) as origin,
        cast(same_origin_and_asylum.asylum as varchar) as asylum,
        same_origin_and_asylum.revised_in,
        same_origin_and_asylum.value,
        same_origin_and_asylum.compared_with,
        same_origin_and_asylum.people,
        same_origin_and_asylum.reason
    from same_origin_and_asylum
    union all
    select
        places_unknown.rule,
        cast(places_unknown.indicator as varchar) as indicator,
        places_unknown.reference_date,
        cast(places_unknown.origin as varchar) as origin,
        cast(places_unknown.asylum as varchar) as asylum,
        places_unknown.revised_in,
        places_unknown.value,
        places_unknown.compared_with,
        places_unknown.people,
        places_unknown.reason
    from places_unknown
    union all
    select
        jumps.rule,
        cast(jumps.indicator as varchar) as indicator,
        jumps.reference_date,
        cast(jumps.origin as varchar) as origin,
        cast(jumps.asylum as varchar) as asylum,
        jumps.revised_in,
        jumps.value,
        jumps.compared_with,
        jumps.people,
        jumps.reason
    from jumps
    union all
    select
        unexplained.rule,
        cast(unexplained.indicator as varchar) as indicator,
        unexplained.reference_date,
        cast(unexplained.origin as varchar) as origin,
        cast(unexplained.asylum as varchar) as asylum,
        unexplained.revised_in,
        unexplained.value,
        unexplained.compared_with,
        unexplained.people,
        unexplained.reason
    from unexplained
    union all
    select
        halves.rule,
        cast(halves.indicator as varchar) as indicator,
        halves.reference_date,
        cast(halves.origin as varchar) as origin,
        cast(halves.asylum as varchar) as asylum,
        halves.revised_in,
        halves.value,
        halves.compared_with,
        halves.people,
        halves.reason
    from halves
    union all
    select
        halves_missing.rule,
        cast(halves_missing.indicator as varchar) as indicator,
        halves_missing.reference_date,
        cast(halves_missing.origin as varchar) as origin,
        cast(halves_missing.asylum as varchar) as asylum,
        halves_missing.revised_in,
        halves_missing.value,
        halves_missing.compared_with,
        halves_missing.people,
        halves_missing.reason
    from halves_missing
    union all
    select
        units_mixed.rule,
        cast(units_mixed.indicator as varchar) as indicator,
        units_mixed.reference_date,
        cast(units_mixed.origin as varchar) as origin,
        cast(units_mixed.asylum as varchar) as asylum,
        units_mixed.revised_in,
        units_mixed.value,
        units_mixed.compared_with,
        units_mixed.people,
        units_mixed.reason
    from units_mixed
    union all
    select
        units_added.rule,
        cast(units_added.indicator as varchar) as indicator,
        units_added.reference_date,
        cast(units_added.origin as varchar) as origin,
        cast(units_added.asylum as varchar) as asylum,
        units_added.revised_in,
        units_added.value,
        units_added.compared_with,
        units_added.people,
        units_added.reason
    from units_added
    union all
    select
        denominators_missing.rule,
        cast(denominators_missing.indicator as varchar) as indicator,
        denominators_missing.reference_date,
        cast(denominators_missing.origin as varchar) as origin,
        cast(denominators_missing.asylum as varchar) as asylum,
        denominators_missing.revised_in,
        denominators_missing.value,
        denominators_missing.compared_with,
        denominators_missing.people,
        denominators_missing.reason
    from denominators_missing
    union all
    select
        breakdowns_of_one_sex.rule,
        cast(breakdowns_of_one_sex.indicator as varchar) as indicator,
        breakdowns_of_one_sex.reference_date,
        cast(breakdowns_of_one_sex.origin as varchar) as origin,
        cast(breakdowns_of_one_sex.asylum as varchar) as asylum,
        breakdowns_of_one_sex.revised_in,
        breakdowns_of_one_sex.value,
        breakdowns_of_one_sex.compared_with,
        breakdowns_of_one_sex.people,
        breakdowns_of_one_sex.reason
    from breakdowns_of_one_sex
    union all
    select
        breaks.rule,
        cast(breaks.indicator as varchar) as indicator,
        breaks.reference_date,
        cast(breaks.origin as varchar) as origin,
        cast(breaks.asylum as varchar) as asylum,
        breaks.revised_in,
        breaks.value,
        breaks.compared_with,
        breaks.people,
        breaks.reason
    from breaks
    union all
    select
        vanished.rule,
        cast(vanished.indicator as varchar) as indicator,
        vanished.reference_date,
        cast(vanished.origin as varchar) as origin,
        cast(vanished.asylum as varchar) as asylum,
        vanished.revised_in,
        vanished.value,
        vanished.compared_with,
        vanished.people,
        vanished.reason
    from vanished
    union all
    select
        totals_revised.rule,
        cast(totals_revised.indicator as varchar) as indicator,
        totals_revised.reference_date,
        cast(totals_revised.origin as varchar) as origin,
        cast(totals_revised.asylum as varchar) as asylum,
        totals_revised.revised_in,
        totals_revised.value,
        totals_revised.compared_with,
        totals_revised.people,
        totals_revised.reason
    from totals_revised
    union all
    select
        figures_withdrawn.rule,
        cast(figures_withdrawn.indicator as varchar) as indicator,
        figures_withdrawn.reference_date,
        cast(figures_withdrawn.origin as varchar) as origin,
        cast(figures_withdrawn.asylum as varchar) as asylum,
        figures_withdrawn.revised_in,
        figures_withdrawn.value,
        figures_withdrawn.compared_with,
        figures_withdrawn.people,
        figures_withdrawn.reason
    from figures_withdrawn
    union all
    select
        figures_revised.rule,
        cast(figures_revised.indicator as varchar) as indicator,
        figures_revised.reference_date,
        cast(figures_revised.origin as varchar) as origin,
        cast(figures_revised.asylum as varchar) as asylum,
        figures_revised.revised_in,
        figures_revised.value,
        figures_revised.compared_with,
        figures_revised.people,
        figures_revised.reason
    from figures_revised
)

select
    found.reference_date,
    year(found.reference_date) as year,
    case when month(found.reference_date) = 6 then 'mid-year' else 'year-end' end as period,
    row_number() over (
        partition by found.reference_date
        order by
            anomaly_rules.weight desc,
            found.people desc,
            found.rule asc,
            found.indicator asc,
            found.origin asc nulls first,
            found.asylum asc nulls first,
            found.revised_in asc nulls first
    ) as rank,
    anomaly_rules.weight,
    found.rule,
    found.indicator,
    found.origin,
    found.asylum,
    found.revised_in,
    found.value,
    found.compared_with,
    found.people,
    found.reason
from found
inner join anomaly_rules on found.rule = anomaly_rules.rule
