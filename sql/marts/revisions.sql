-- A row is a figure that a release changed, withdrew, brought back or added to a date it had covered before.
-- A release covers the year-ends up to its dataset's newest reference date, and a mid-year only while it is the newest:
-- figures of a date that a release covers first are no revisions, nor is a mid-year one of a year-end. What is absent
-- counts nothing in difference, so that the differences of a release add up to the change of a total.
with coverage as (
    select
        indicators.indicator,
        dates.reference_date,
        release_datasets.release
    from (select distinct indicator, reference_date, period from figures_history) as dates
    inner join indicators on dates.indicator = indicators.indicator
    inner join release_datasets
        on
            indicators.dataset = release_datasets.dataset
            and (
                dates.reference_date = release_datasets.newest_reference_date
                or (dates.period = 'year-end' and dates.reference_date < release_datasets.newest_reference_date)
            )
),

releases_before as (
    select
        coverage.indicator,
        coverage.reference_date,
        coverage.release,
        lag(coverage.release) over (
            partition by coverage.indicator, coverage.reference_date order by coverage.release
        ) as release_before
    from coverage
),

ended as (
    select
        before.superseded_in as release,
        before.indicator,
        before.reference_date,
        before.year,
        before.period,
        before.origin,
        before.asylum,
        case when after.value is null then 'withdrawn' else 'changed' end as event,
        before.value as value_before,
        after.value as value_after
    from figures_history as before
    left join figures_history as after
        on
            before.indicator = after.indicator
            and before.reference_date = after.reference_date
            and before.origin = after.origin
            and before.asylum = after.asylum
            and before.superseded_in = after.published_in
    where before.superseded_in is not null
),

ended_facts as (
    select
        ended.indicator,
        ended.reference_date,
        ended.origin,
        ended.asylum,
        ended.release,
        min(ended.release) over (
            partition by ended.indicator, ended.reference_date, ended.origin, ended.asylum
        ) as first_ended
    from ended
),

begun as (
    select
        figures_history.published_in as release,
        figures_history.indicator,
        figures_history.reference_date,
        figures_history.year,
        figures_history.period,
        figures_history.origin,
        figures_history.asylum,
        figures_history.value as value_after
    from figures_history
    inner join releases_before
        on
            figures_history.indicator = releases_before.indicator
            and figures_history.reference_date = releases_before.reference_date
            and figures_history.published_in = releases_before.release
    where releases_before.release_before is not null
),

appeared as (
    select
        begun.release,
        begun.indicator,
        begun.reference_date,
        begun.year,
        begun.period,
        begun.origin,
        begun.asylum,
        case when bool_or(ended_facts.first_ended < begun.release) then 'returned' else 'added' end as event,
        begun.value_after
    from begun
    left join ended_facts
        on
            begun.indicator = ended_facts.indicator
            and begun.reference_date = ended_facts.reference_date
            and begun.origin = ended_facts.origin
            and begun.asylum = ended_facts.asylum
    group by
        begun.release,
        begun.indicator,
        begun.reference_date,
        begun.year,
        begun.period,
        begun.origin,
        begun.asylum,
        begun.value_after
    having not coalesce(bool_or(ended_facts.release = begun.release), false)
),

events as (
    select
        ended.release,
        ended.indicator,
        ended.reference_date,
        ended.year,
        ended.period,
        ended.origin,
        ended.asylum,
        ended.event,
        ended.value_before,
        ended.value_after
    from ended
    union all
    select
        appeared.release,
        appeared.indicator,
        appeared.reference_date,
        appeared.year,
        appeared.period,
        appeared.origin,
        appeared.asylum,
        appeared.event,
        cast(null as bigint) as value_before,
        appeared.value_after
    from appeared
)

select
    events.release,
    releases_before.release_before,
    events.indicator,
    events.reference_date,
    events.year,
    events.period,
    events.origin,
    events.asylum,
    events.event,
    events.value_before,
    events.value_after,
    coalesce(events.value_after, 0) - coalesce(events.value_before, 0) as difference,
    (coalesce(events.value_after, 0) - events.value_before) / events.value_before as difference_share
from events
left join releases_before
    on
        events.indicator = releases_before.indicator
        and events.reference_date = releases_before.reference_date
        and events.release = releases_before.release
