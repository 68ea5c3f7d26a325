-- A row is a projection as it could have been made: of an origin's displaced people or of the world, by one method, from
-- the figures of a release up to a year-end, with what followed where it has.
-- Two backtests: "as known" sees the figures of a release that first brought a year-end, and nothing later; "current
-- figures" sees the newest figures up to an earlier year-end, which nobody had then, but goes back to 2011. The newest
-- release with its newest year-end is the projection that is published. From one release all year-ends before are
-- projected too: their errors, of the same method, horizon and size of stock, give the intervals (split conformal: the
-- share of past errors inside, with n + 1 in place of n), so that no interval knows a later figure.
-- The methods: no change; drift (the mean yearly change of up to five years); damped trend (half of the last change, then
-- a quarter); smoothing (exponential, of logarithms, with the factor that erred least in the past of the series);
-- autoregression (of the growth of the series on its growth before: ARIMA(1,1,0) of logarithms, by least squares); pooled
-- (the mean of four regressions over all origins: of the growth that followed on growth, and on new claims, returns and
-- newly displaced people for each displaced person, as far as the release has them); and combination (their mean). All
-- are fitted to year-ends up to the base date. The world's total is the sum of its origins. Nothing is carried over a
-- date on which a component of the total is held back.
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

flow_kinds as (
    select
        unnest(['claims', 'returns', 'returns', 'new', 'new', 'new', 'new']) as predictor,
        unnest([
            'asylum_applications', 'returned_refugees', 'returned_idps',
            'flow_refugees', 'flow_refugee_like', 'flow_asylum_seekers', 'flow_oip'
        ]) as indicator
),

spans as (
    select
        figures_history.origin,
        figures_history.indicator,
        any_value(flow_kinds.predictor) as predictor,
        year(figures_history.reference_date) as year,
        figures_history.published_in,
        figures_history.superseded_in,
        sum(figures_history.value) as value,
        sum(figures_history.value * (1 - coalesce(overlap_rules.share, 0))) as value_once
    from figures_history
    left join headline_components on figures_history.indicator = headline_components.indicator
    left join flow_kinds on figures_history.indicator = flow_kinds.indicator
    left join overlap_rules
        on
            figures_history.indicator = overlap_rules.indicator
            and figures_history.asylum = overlap_rules.country
            and figures_history.reference_date >= overlap_rules.from_date
    where
        figures_history.period = 'year-end'
        and figures_history.reference_date >= date '2009-12-31'
        and (headline_components.indicator is not null or flow_kinds.indicator is not null)
    group by
        figures_history.origin, figures_history.indicator, figures_history.reference_date,
        figures_history.published_in, figures_history.superseded_in
),

as_of as (
    select
        used.release,
        spans.origin,
        spans.indicator,
        any_value(spans.predictor) as predictor,
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
    where predictor is null
    group by release, origin, year
    union all
    select
        release,
        'world' as country,
        cast(indicator as varchar) as measure,
        year,
        sum(value) as value
    from as_of
    where predictor is null
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

factors as (
    select unnest(range(1, 11)) / 10 as factor
),

levels as (
    select
        here.release,
        here.country,
        here.measure,
        here.year,
        factors.factor,
        any_value(ln(here.value)) as value,
        sum(ln(past.value) * pow(1 - factors.factor, here.year - past.year))
        / sum(pow(1 - factors.factor, here.year - past.year)) as level
    from series as here
    inner join series as past
        on
            here.release = past.release
            and here.country = past.country
            and here.measure = past.measure
            and here.year >= past.year
    cross join factors
    group by here.release, here.country, here.measure, here.year, factors.factor
),

level_errors as (
    select
        *,
        pow(value - lag(level) over (partition by release, country, measure, factor order by year), 2) as squared
    from levels
),

smoothed as (
    select
        release,
        country,
        measure,
        year,
        exp(min_by(level, (round(squares, 9), -factor))) as level  -- of equals the factor nearest to no change
    from (
        select
            *,
            sum(squared) over (partition by release, country, measure, factor order by year) as squares
        from level_errors
    ) as with_squares
    group by release, country, measure, year
),

growths as (
    select
        *,
        lag(growth) over (partition by release, country, measure order by year) as growth_before
    from known
),

autoregressions as (
    select
        release,
        country,
        measure,
        year,
        greatest(-0.9, least(0.9, coalesce(
            sum(growth * growth_before) over (partition by release, country, measure order by year)
            / nullif(sum(growth_before * growth_before) over (partition by release, country, measure order by year), 0),
            0
        ))) as slope
    from growths
),

flows as (
    select
        release,
        cast(origin as varchar) as country,
        year,
        predictor,
        sum(value) as people
    from as_of
    where predictor is not null
    group by release, origin, year, predictor
),

has_predictors as (
    select distinct
        release,
        year,
        predictor
    from flows
    union all
    select distinct
        release,
        year,
        'growth' as predictor
    from known
),

predictors as (
    select
        known.release,
        known.country,
        known.measure,
        known.year,
        known.value,
        has_predictors.predictor,
        case
            when has_predictors.predictor = 'growth' then greatest(-1, least(1, known.growth))
            else least(1, coalesce(flows.people, 0) / known.value)
        end as x
    from known
    inner join has_predictors on known.release = has_predictors.release and known.year = has_predictors.year
    left join flows
        on
            known.release = flows.release
            and known.country = flows.country
            and known.year = flows.year
            and has_predictors.predictor = flows.predictor
    where known.country <> 'world' or has_predictors.predictor = 'growth'
),

horizons as (
    select unnest([1, 2]) as horizon
),

regressions as (
    select
        ends_before.release,
        ends_before.year,
        horizons.horizon,
        predictors.predictor,
        regr_slope(ln(later.value / predictors.value), predictors.x) as slope,
        regr_intercept(ln(later.value / predictors.value), predictors.x) as intercept
    from (select distinct release, year from known) as ends_before
    cross join horizons
    inner join predictors
        on
            ends_before.release = predictors.release
            and ends_before.year >= predictors.year + horizons.horizon
            and predictors.country <> 'world'
            and predictors.value >= 10000
            and predictors.year >= 2010
    inner join known as later
        on
            predictors.release = later.release
            and predictors.country = later.country
            and predictors.measure = later.measure
            and predictors.year + horizons.horizon = later.year
            and abs(ln(later.value / predictors.value)) < 3
    group by ends_before.release, ends_before.year, horizons.horizon, predictors.predictor
),

pooled as (
    select
        predictors.release,
        predictors.country,
        predictors.measure,
        predictors.year,
        regressions.horizon,
        avg(regressions.intercept + regressions.slope * predictors.x) as growth
    from predictors
    inner join regressions
        on
            predictors.release = regressions.release
            and predictors.year = regressions.year
            and predictors.predictor = regressions.predictor
    group by predictors.release, predictors.country, predictors.measure, predictors.year, regressions.horizon
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
        smoothed.level as smoothing,
        known.value * exp(
            greatest(-1, least(1, known.growth)) * autoregressions.slope
            * case horizons.horizon when 2 then 1 + autoregressions.slope else 1 end
        ) as autoregression,
        known.value * exp(coalesce(pooled.growth, 0)) as pooled
    from known
    inner join smoothed using (release, country, measure, year)
    inner join autoregressions using (release, country, measure, year)
    cross join horizons
    left join pooled
        on
            known.release = pooled.release
            and known.country = pooled.country
            and known.measure = pooled.measure
            and known.year = pooled.year
            and horizons.horizon = pooled.horizon
),

with_world as (
    select
        release, country, measure, year, horizon, base_value, usual_change, no_change, drift, damped_trend, smoothing,
        autoregression, pooled
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
        sum(autoregression) as autoregression,
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
        unnest([
            'no_change', 'drift', 'damped_trend', 'smoothing', 'autoregression', 'pooled', 'combination'
        ]) as method,
        unnest([
            no_change,
            drift,
            damped_trend,
            smoothing,
            autoregression,
            pooled,
            (no_change + drift + damped_trend + smoothing + autoregression + pooled) / 6
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
