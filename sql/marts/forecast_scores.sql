-- A row is a published forecast with what followed, and with what two simple rules would have given on the same day.
-- The base is the newest figure known when the forecast was made, of the release that was current that day; before the
-- first release at hand, the figures of that release at the newest date whose total had been published. The world's total
-- is compared with the published series, of which only value_now is recomputed from the newest figures; origins are
-- compared with the sum of their figures without the overlap. A stock is compared at the year-end or mid-year within 61
-- days of the target; forcibly displaced people of origins have no mid-year. A flow is compared with the figure of its
-- own period. No change repeats the base; the trend carries the change of the year before on to the target. Errors are
-- shares of the level at the target, for a change as well.
with half_years as (
    select
        forecast_id,
        unnest([
            make_date(year(target_date) - 1, 12, 31),
            make_date(year(target_date), 6, 30),
            make_date(year(target_date), 12, 31)
        ]) as scored_on
    from forecasts
),

measured as (
    select
        forecast_measures.measure,
        indicators.indicator,
        indicators.kind,
        indicators.dataset
    from forecast_measures
    cross join unnest(string_split(forecast_measures.indicators, ' ')) as listed (indicator)
    inner join indicators on listed.indicator = cast(indicators.indicator as varchar)
),

kinds as (
    select
        measure,
        min(kind) as kind
    from measured
    group by measure
),

chosen as (
    select
        forecasts.forecast_id,
        forecasts.publisher,
        forecasts.made_on,
        forecasts.kind,
        forecasts.measure,
        forecasts.scope,
        forecasts.scope_as_published,
        forecasts.quantity,
        forecasts.from_date,
        forecasts.target_date,
        forecasts.value as forecast_value,
        forecasts.bound,
        coalesce(forecasts.not_compared, case when kinds.kind is null then forecast_measures.description end)
            as not_compared,
        coalesce(kinds.kind, 'stock') as measure_kind,
        forecasts.measure = 'forcibly_displaced' and forecasts.scope = 'world' as is_published_series,
        forecasts.measure = 'forcibly_displaced' and forecasts.scope <> 'world' as is_year_end_only,
        min_by(half_years.scored_on, abs(half_years.scored_on - forecasts.target_date)) as scored_on
    from forecasts
    inner join forecast_measures on forecasts.measure = forecast_measures.measure
    left join kinds on forecasts.measure = kinds.measure
    left join half_years
        on
            forecasts.forecast_id = half_years.forecast_id
            and abs(half_years.scored_on - forecasts.target_date) <= 61
            and (month(half_years.scored_on) = 12 or forecasts.measure <> 'forcibly_displaced' or forecasts.scope = 'world')
    group by all
),

places as (
    select distinct
        chosen.scope,
        coalesce(forecast_scopes.iso3, countries.iso3) as origin
    from chosen
    left join forecast_scopes on chosen.scope = forecast_scopes.scope
    left join countries on chosen.scope = cast(countries.iso3 as varchar)
    where chosen.scope <> 'world'
),

place_counts as (
    select
        scope,
        count(origin) as countries
    from places
    group by scope
),

spans as (
    select
        asked.measure,
        asked.scope,
        figures_history.reference_date,
        figures_history.published_in,
        figures_history.superseded_in,
        sum(figures_history.value * (1 - coalesce(overlap_rules.share, 0))) as value
    from (select distinct measure, scope, is_year_end_only from chosen where not is_published_series) as asked
    inner join measured on asked.measure = measured.measure
    inner join figures_history
        on
            measured.indicator = figures_history.indicator
            and (not asked.is_year_end_only or figures_history.period = 'year-end')
            and figures_history.reference_date >= (select min(made_on) - interval 4 year from forecasts)
    left join places on asked.scope = places.scope and figures_history.origin = places.origin
    left join overlap_rules
        on
            asked.measure = 'forcibly_displaced'
            and figures_history.indicator = overlap_rules.indicator
            and figures_history.asylum = overlap_rules.country
            and figures_history.reference_date >= overlap_rules.from_date
    where asked.scope = 'world' or places.origin is not null
    group by
        asked.measure, asked.scope, figures_history.reference_date, figures_history.published_in,
        figures_history.superseded_in
),

covered as (
    select
        measured.measure,
        release_datasets.release,
        min(release_datasets.newest_reference_date) as newest_date
    from measured
    inner join release_datasets on measured.dataset = release_datasets.dataset
    where release_datasets.release <= (select max(published_in) from figures_history)
    group by measured.measure, release_datasets.release
),

series as (
    select
        spans.measure,
        spans.scope,
        covered.release as known_on,
        covered.release,
        spans.reference_date,
        sum(spans.value) as value
    from spans
    inner join covered
        on
            spans.measure = covered.measure
            and spans.reference_date <= covered.newest_date
            and covered.release >= spans.published_in
            and (spans.superseded_in is null or covered.release < spans.superseded_in)
    group by spans.measure, spans.scope, covered.release, spans.reference_date
    union all
    select
        'forcibly_displaced' as measure,
        'world' as scope,
        known_on,
        cast(null as date) as release,
        reference_date,
        total_millions * 1000000 as value
    from headlines
),

first_releases as (
    select
        measure,
        scope,
        min(known_on) as known_on
    from series
    group by measure, scope
),

bases as (
    select
        chosen.forecast_id,
        series.known_on,
        series.release,
        series.reference_date,
        series.value,
        row_number() over (
            partition by chosen.forecast_id order by series.known_on desc, series.reference_date desc
        ) as place
    from chosen
    inner join first_releases on chosen.measure = first_releases.measure and chosen.scope = first_releases.scope
    inner join series
        on
            chosen.measure = series.measure
            and chosen.scope = series.scope
            and series.known_on <= greatest(chosen.made_on, first_releases.known_on)
            and series.reference_date <= (
                select max(headlines.reference_date) from headlines where headlines.known_on <= chosen.made_on
            )
            and (chosen.measure_kind = 'stock' or month(series.reference_date) = month(chosen.target_date))
),

bases_with_trend as (
    select
        chosen.forecast_id,
        bases.release as base_release,
        bases.reference_date as base_date,
        bases.value as base_value,
        bases.value - before.value as yearly_change
    from chosen
    inner join bases on chosen.forecast_id = bases.forecast_id and bases.place = 1
    left join series as before
        on
            chosen.measure = before.measure
            and chosen.scope = before.scope
            and before.reference_date = last_day(bases.reference_date - interval 1 year)
            and (chosen.is_published_series or before.known_on = bases.known_on)
),

followed as (
    select
        chosen.forecast_id,
        target.known_on,
        target.value as level_value,
        case
            when chosen.quantity = 'level' or chosen.measure_kind = 'flow' then target.value
            else target.value - start.value
        end as value,
        row_number() over (partition by chosen.forecast_id order by target.known_on) as from_first,
        row_number() over (partition by chosen.forecast_id order by target.known_on desc) as from_newest
    from chosen
    inner join series as target
        on
            chosen.not_compared is null
            and chosen.measure = target.measure
            and chosen.scope = target.scope
            and chosen.scored_on = target.reference_date
    left join series as start
        on
            chosen.measure = start.measure
            and chosen.scope = start.scope
            and chosen.from_date = start.reference_date
            and (chosen.is_published_series or start.known_on = target.known_on)
    where chosen.quantity = 'level' or chosen.measure_kind = 'flow' or start.value is not null
),

world_changes as (
    select
        chosen.forecast_id,
        (target.total_millions - start.total_millions) * 1000000 as world_change
    from chosen
    inner join headlines as target on chosen.target_date = target.reference_date
    inner join headlines as start on chosen.from_date = start.reference_date
    where chosen.measure = 'forcibly_displaced'
),

compared as (
    select
        chosen.*,
        place_counts.countries,
        bases_with_trend.base_release,
        bases_with_trend.base_date,
        bases_with_trend.base_value,
        case
            when chosen.quantity = 'change' and chosen.measure_kind = 'stock'
                then 0 * bases_with_trend.base_value
            else bases_with_trend.base_value
        end as no_change_value,
        case
            when chosen.quantity = 'change' and chosen.measure_kind = 'stock'
                then bases_with_trend.yearly_change * (chosen.target_date - chosen.from_date) / 365.25
            when bases_with_trend.yearly_change is not null  -- greatest() would take no change known for a fall to nothing
                then bases_with_trend.base_value + greatest(
                    bases_with_trend.yearly_change * (chosen.scored_on - bases_with_trend.base_date) / 365.25,
                    -bases_with_trend.base_value
                )
        end as trend_value,
        first_followed.known_on as first_known_on,
        first_followed.value as value_first,
        first_followed.level_value as level_first,
        case
            when not chosen.is_published_series then newest_followed.value
            when chosen.quantity = 'level' then global_totals.forcibly_displaced
            else global_totals.forcibly_displaced - totals_before.forcibly_displaced
        end as value_now,
        case
            when chosen.is_published_series then global_totals.forcibly_displaced else newest_followed.level_value
        end as level_now,
        world_changes.world_change
    from chosen
    left join place_counts on chosen.scope = place_counts.scope
    left join bases_with_trend on chosen.forecast_id = bases_with_trend.forecast_id
    left join followed as first_followed
        on chosen.forecast_id = first_followed.forecast_id and first_followed.from_first = 1
    left join followed as newest_followed
        on chosen.forecast_id = newest_followed.forecast_id and newest_followed.from_newest = 1
    left join global_totals on first_followed.known_on is not null and chosen.scored_on = global_totals.reference_date
    left join global_totals as totals_before on chosen.from_date = totals_before.reference_date
    left join world_changes on chosen.forecast_id = world_changes.forecast_id
),

scored as (
    select
        forecast_id,
        publisher,
        made_on,
        kind,
        measure,
        scope,
        scope_as_published,
        countries,
        quantity,
        from_date,
        target_date,
        forecast_value,
        bound,
        case
            when not_compared is not null or scored_on is null then 'not compared'
            when value_first is null then 'open'
            else 'scored'
        end as status,
        coalesce(
            not_compared,
            case when scored_on is null then 'No such figure is published for a date within two months' end
        ) as reason,
        scored_on,
        base_release,
        base_date,
        base_value,
        no_change_value,
        trend_value,
        first_known_on,
        value_first,
        value_now,
        forecast_value - value_first as error_first,
        forecast_value - value_now as error_now,
        abs(forecast_value - value_first) / level_first as share_off_first,
        abs(forecast_value - value_now) / level_now as share_off_now,
        abs(no_change_value - value_first) / level_first as no_change_off_first,
        abs(no_change_value - value_now) / level_now as no_change_off_now,
        abs(trend_value - value_first) / level_first as trend_off_first,
        abs(trend_value - value_now) / level_now as trend_off_now,
        case bound
            when 'at least' then value_first >= forecast_value
            when 'at most' then value_first <= forecast_value
        end as within_bound,
        world_change
    from compared
)

select
    forecast_id,
    publisher,
    made_on,
    kind,
    measure,
    scope,
    countries,
    quantity,
    from_date,
    target_date,
    forecast_value,
    bound,
    status,
    reason,
    scored_on,
    base_release,
    base_date,
    round(base_value) as base_value,
    round(no_change_value) as no_change_value,
    round(trend_value) as trend_value,
    first_known_on,
    round(value_first) as value_first,
    round(value_now) as value_now,
    round(error_first) as error_first,
    round(error_now) as error_now,
    share_off_first,
    share_off_now,
    no_change_off_first,
    no_change_off_now,
    trend_off_first,
    trend_off_now,
    within_bound,
    case
        when share_off_first is null then null
        when share_off_first <= least(no_change_off_first, coalesce(trend_off_first, no_change_off_first)) then 'forecast'
        when no_change_off_first <= coalesce(trend_off_first, no_change_off_first) then 'no change'
        else 'trend'
    end as closest,
    round(world_change) as world_change,
    concat(
        publisher,
        ', ',
        strftime(made_on, '%-d %B %Y'),
        ': ',
        bound || ' ',
        case
            when quantity = 'level' then format('{:,}', forecast_value)
            else format('{:+.1f} million', forecast_value / 1000000)
        end,
        ' (', replace(measure, '_', ' '), ', ', scope_as_published, ') ',
        'from ' || strftime(from_date, '%-d %B %Y') || ' to ',
        case when from_date is null then 'on ' else '' end,
        strftime(target_date, '%-d %B %Y'),
        case status
            when 'open' then ': the figure is still to come.'
            when 'not compared' then concat(': not compared. ', reason, '.')
            else concat(
                '. ',
                case
                    when scored_on <> target_date then concat('Compared at ', strftime(scored_on, '%-d %B %Y'), '. ')
                    else ''
                end,
                case
                    when countries > 1
                        then concat('Compared with the ', countries, ' countries of the nearest public list. ')
                    else ''
                end,
                'First published: ',
                case
                    when quantity = 'level' then format('{:,}', cast(round(value_first) as bigint))
                    else format('{:+.1f} million', value_first / 1000000)
                end,
                format('; off by {:.1f} per cent, no change by {:.1f}.', 100 * share_off_first, 100 * no_change_off_first),
                case
                    when scope <> 'world' and world_change is not null
                        then format(
                            ' The published world total changed by {:+.1f} million over these years.',
                            world_change / 1000000
                        )
                    else ''
                end
            )
        end
    ) as sentence
from scored
