-- A row is an indicator and a period (year-ends or mid-years): how far its first figures moved in later releases.
-- Counted are the reference dates after the newest of the release in which the indicator is first in this file: what that
-- release has of earlier dates had been published before. A figure is an origin and an asylum of a date.
with began as (
    select
        indicator,
        max(reference_date) filter (published_in = first_in) as newest_known
    from (
        select
            indicator,
            reference_date,
            published_in,
            min(published_in) over (partition by indicator) as first_in
        from figures_history
    ) as published
    group by indicator
),

first_releases as (
    select
        figures_history.indicator,
        figures_history.period,
        figures_history.reference_date,
        min(figures_history.published_in) as first_release
    from figures_history
    inner join began
        on figures_history.indicator = began.indicator and figures_history.reference_date > began.newest_known
    group by figures_history.indicator, figures_history.period, figures_history.reference_date
),

followed as (
    select
        first_releases.indicator,
        first_releases.period,
        first_releases.reference_date,
        figures_history.origin,
        figures_history.asylum,
        max(figures_history.value) filter (figures_history.published_in = first_releases.first_release) as value_first,
        max(figures_history.value) filter (figures_history.superseded_in is null) as value_now
    from first_releases
    inner join figures_history
        on
            first_releases.indicator = figures_history.indicator
            and first_releases.reference_date = figures_history.reference_date
    group by
        first_releases.indicator, first_releases.period, first_releases.reference_date,
        figures_history.origin, figures_history.asylum
),

world as (
    select
        indicator,
        period,
        reference_date,
        sum(value_now) / sum(value_first) - 1 as moved
    from followed
    group by indicator, period, reference_date
),

largest as (
    select
        indicator,
        period,
        max_by(moved, abs(moved)) as world_moved
    from world
    group by indicator, period
)

select
    followed.indicator,
    followed.period,
    count(distinct followed.reference_date) as dates,
    count(followed.value_first) as first_figures,
    count(followed.value_first) filter (followed.value_now <> followed.value_first) as changed,
    count(followed.value_first) filter (followed.value_now is null) as withdrawn,
    count(followed.value_now) filter (followed.value_first is null) as added,
    count(followed.value_first) filter (followed.value_now is distinct from followed.value_first)
        / count(followed.value_first) as changed_share,
    median(abs(followed.value_now / followed.value_first - 1)) filter (followed.value_now <> followed.value_first)
        as median_change,
    any_value(largest.world_moved) as world_moved
from followed
inner join largest on followed.indicator = largest.indicator and followed.period = largest.period
group by followed.indicator, followed.period
