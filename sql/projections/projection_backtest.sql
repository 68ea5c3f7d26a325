-- A row is a projection as it could have been made: of an origin's displaced people or of the world, by one method, from
-- the figures of a release up to a year-end, with what followed where it has.
-- Two backtests: "as known" sees the figures of a release that first brought a year-end, and nothing later; "current
-- figures" sees the newest figures up to an earlier year-end, which nobody had then, but goes back to 2011. The newest
-- release with its newest year-end is the projection that is published. From one release all year-ends before are
-- projected too: their errors, of the same method, horizon and size of stock, give the intervals (split conformal: the
-- share of past errors inside, with n + 1 in place of n), so that no interval knows a later figure.
-- The methods: no change; drift (the mean yearly change of up to five years); damped trend (half of the last change, then
-- a quarter); smoothing (exponential, factor 0.7); pooled (the growth that followed such growth, over all origins); and
-- combination (their mean). The world's total is the sum of its origins. Nothing is carried over a date on which a
-- component of the total is held back.
with ends as (
    select
        releases.release,
        max(figures_history.reference_date) as newest_date
    from releases
    inner join figures_history
        on
            figures_history.period = 'year-end'
            and releases.release >= figures_history.published_in
            and figures_history.reference_date <= (
                select min(release_datasets.newest_reference_date)
                from release_datasets
                inner join indicators on release_datasets.dataset = indicators.dataset
                inner join headline_components on indicators.indicator = headline_components.indicator
                where release_datasets.release = releases.release
            )
    where releases.release <= (select max(published_in) from figures_history)
    group by releases.release
),

used as (
    select
        release,
        newest_date
    from ends
    qualify release in (min(release) over (partition by newest_date), max(release) over ())
),

held_dates as (
    select used.release
    from used
    inner join held_back
        on
            held_back.in_headline
            and held_back.release <= used.release
            and (held_back.superseded_in is null or held_back.superseded_in > used.release)
            and contains(held_back.reference_dates, cast(used.newest_date as varchar))
),

spans as (
    select
        figures_history.origin,
        figures_history.indicator,
        year(figures_history.reference_date) as year,
        figures_history.published_in,
        figures_history.superseded_in,
        sum(figures_history.value) as value,
        sum(figures_history.value * (1 - coalesce(overlap_rules.share, 0))) as value_once
    from figures_history
    inner join headline_components on figures_history.indicator = headline_components.indicator
    left join overlap_rules
        on
            figures_history.indicator = overlap_rules.indicator
            and figures_history.asylum = overlap_rules.country
            and figures_history.reference_date >= overlap_rules.from_date
    where figures_history.period = 'year-end' and figures_history.reference_date >= date '2009-12-31'
    group by
        figures_history.origin, figures_history.indicator, figures_history.reference_date,
        figures_history.published_in, figures_history.superseded_in
),

as_of as (
    select
        used.release,
        spans.origin,
        spans.indicator,
        spans.year,
        sum(spans.value) as value,
        sum(spans.value_once) as value_once
    from spans
    inner join used
        on
            used.release >= spans.published_in
            and (spans.superseded_in is null or used.release < spans.superseded_in)
            and spans.year <= year(used.newest_date)
    where used.release not in (select held_dates.release from held_dates)
    group by used.release, spans.origin, spans.indicator, spans.year
),

series as (
    select
        release,
        cast(origin as varchar) as country,
        'forcibly_displaced' as measure,
        year,
        sum(value_once) as value
    from as_of
    group by release, origin, year
    union all
    select
        release,
        'world' as country,
        cast(indicator as varchar) as measure,
        year,
        sum(value) as value
    from as_of
    group by release, indicator, year
),

steps as (
    select
        release,
        country,
        measure,
        year,
        value,
        case
            when lag(year) over (partition by release, country, measure order by year) = year - 1
                then abs(value - lag(value) over (partition by release, country, measure order by year))
        end as step
    from series
),

known as (
    select
        here.release,
        here.country,
        here.measure,
        here.year,
        any_value(here.value) as value,
        coalesce(ln(any_value(here.value) / max(past.value) filter (past.year = here.year - 1)), 0) as growth,
        coalesce(any_value(here.value) - max(past.value) filter (past.year = here.year - 1), 0) as change,
        coalesce(
            (any_value(here.value) - min_by(past.value, past.year) filter (past.year between here.year - 5 and here.year - 1))
            / (here.year - min(past.year) filter (past.year between here.year - 5 and here.year - 1)),
            0
        ) as drift,
        sum(past.value * pow(0.3, here.year - past.year)) / sum(pow(0.3, here.year - past.year)) as smoothed,
        avg(past.step) as usual_change
    from series as here
    inner join steps as past
        on
            here.release = past.release
            and here.country = past.country
            and here.measure = past.measure
            and here.year >= past.year
    group by here.release, here.country, here.measure, here.year
),

pooled as (
    select
        ends_before.release,
        ends_before.year,
        coalesce(regr_slope(later.growth, earlier.growth), 0) as slope,
        coalesce(regr_intercept(later.growth, earlier.growth), 0) as intercept
    from (select distinct release, year from known) as ends_before
    left join known as later
        on
            ends_before.release = later.release
            and ends_before.year >= later.year
            and later.country <> 'world'
            and later.year >= 2011
    left join known as earlier
        on
            later.release = earlier.release
            and later.country = earlier.country
            and later.year = earlier.year + 1
            and earlier.value >= 10000
            and abs(earlier.growth) < 1
    group by ends_before.release, ends_before.year
),

horizons as (
    select unnest([1, 2]) as horizon
),

single as (
    select
        known.release,
        known.country,
        known.measure,
        known.year,
        horizons.horizon,
        known.value as base_value,
        known.usual_change,
        known.value as no_change,
        greatest(known.value + horizons.horizon * known.drift, known.value / 4) as drift,
        greatest(known.value + known.change * (1 - pow(0.5, horizons.horizon)), known.value / 4) as damped_trend,
        known.smoothed as smoothing,
        known.value * exp(
            pooled.intercept * horizons.horizon
            + known.growth * (pooled.slope + case horizons.horizon when 2 then pow(pooled.slope, 2) else 0 end)
            + case horizons.horizon when 2 then pooled.slope * pooled.intercept else 0 end
        ) as pooled
    from known
    inner join pooled on known.release = pooled.release and known.year = pooled.year
    cross join horizons
),

with_world as (
    select
        release, country, measure, year, horizon, base_value, usual_change, no_change, drift, damped_trend, smoothing,
        pooled
    from single
    union all
    select
        release,
        'world' as country,
        measure,
        year,
        horizon,
        sum(base_value) as base_value,
        sum(usual_change) as usual_change,
        sum(no_change) as no_change,
        sum(drift) as drift,
        sum(damped_trend) as damped_trend,
        sum(smoothing) as smoothing,
        sum(pooled) as pooled
    from single
    where country <> 'world'
    group by release, measure, year, horizon
),

projected as (
    select
        release,
        country,
        measure,
        year,
        horizon,
        base_value,
        usual_change,
        case
            when country = 'world' and measure = 'forcibly_displaced' then 'world total'
            when country = 'world' then 'world type'
            when base_value < 10000 then 'under 10,000'
            when base_value < 100000 then '10,000 to 100,000'
            when base_value < 1000000 then '100,000 to 1 million'
            else '1 million and more'
        end as size_class,
        unnest(['no_change', 'drift', 'damped_trend', 'smoothing', 'pooled', 'combination']) as method,
        unnest([
            no_change,
            drift,
            damped_trend,
            smoothing,
            pooled,
            (no_change + drift + damped_trend + smoothing + pooled) / 5
        ]) as median
    from with_world
),

totals as (
    select
        release,
        country,
        measure,
        year,
        value
    from series
    union all
    select
        release,
        'world' as country,
        measure,
        year,
        sum(value) as value
    from series
    where country <> 'world'
    group by release, measure, year
),

errors as (
    select
        projected.release,
        projected.size_class,
        projected.method,
        projected.horizon,
        projected.year + projected.horizon as known_in,
        ln(totals.value / projected.median) as error
    from projected
    inner join totals
        on
            projected.release = totals.release
            and projected.country = totals.country
            and projected.measure = totals.measure
            and projected.year + projected.horizon = totals.year
),

chosen as (
    select
        case when projected.year = year(used.newest_date) then 'as known' else 'current figures' end as basis,
        projected.*
    from projected
    inner join used on projected.release = used.release
    where
        (projected.release = (select max(used.release) from used) and projected.year >= 2011)
        or (
            projected.year = year(used.newest_date)
            and used.newest_date < (select max(used.newest_date) from used)
        )
),

past as (
    select
        vantages.release,
        vantages.year,
        errors.size_class,
        errors.method,
        errors.horizon,
        list(errors.error order by errors.error) as errors,
        count(errors.error) as n
    from (select distinct release, year from chosen) as vantages
    inner join errors on vantages.release = errors.release and vantages.year >= errors.known_in
    group by vantages.release, vantages.year, errors.size_class, errors.method, errors.horizon
),

first_known as (
    select
        totals.country,
        totals.measure,
        totals.year,
        min_by(totals.value, totals.release) as value
    from totals
    inner join used on totals.release = used.release and totals.year = year(used.newest_date)
    group by totals.country, totals.measure, totals.year
)

select
    chosen.basis,
    chosen.release,
    chosen.country,
    chosen.measure,
    make_date(chosen.year, 12, 31) as base_date,
    make_date(chosen.year + chosen.horizon, 12, 31) as reference_date,
    chosen.horizon,
    chosen.method,
    chosen.size_class,
    round(chosen.base_value) as base_value,
    round(chosen.usual_change) as usual_change,
    round(chosen.median) as median,
    round(chosen.median * exp(least(0, past.errors[cast(greatest(1, floor((past.n + 1) * 0.25)) as bigint)]))) as low_50,
    round(chosen.median * exp(greatest(0, past.errors[cast(least(past.n, ceil((past.n + 1) * 0.75)) as bigint)]))) as high_50,
    round(chosen.median * exp(least(0, past.errors[cast(greatest(1, floor((past.n + 1) * 0.1)) as bigint)]))) as low_80,
    round(chosen.median * exp(greatest(0, past.errors[cast(least(past.n, ceil((past.n + 1) * 0.9)) as bigint)]))) as high_80,
    round(first_known.value) as value_first,
    round(newest.value) as value_now
from chosen
left join past
    on
        chosen.release = past.release
        and chosen.year = past.year
        and chosen.size_class = past.size_class
        and chosen.method = past.method
        and chosen.horizon = past.horizon
left join first_known
    on
        chosen.country = first_known.country
        and chosen.measure = first_known.measure
        and chosen.year + chosen.horizon = first_known.year
left join totals as newest
    on
        newest.release = (select max(used.release) from used)
        and chosen.country = newest.country
        and chosen.measure = newest.measure
        and chosen.year + chosen.horizon = newest.year
