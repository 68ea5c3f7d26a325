-- table: figures_history
-- The differences of a release are the change of the figures from the release before to it, for every indicator and
-- reference date both of them cover.
-- A returned row is a release, an indicator and a date for which they are not.
with coverage as (
    select
        indicators.indicator,
        dates.reference_date,
        release_datasets.release,
        lag(release_datasets.release) over (
            partition by indicators.indicator, dates.reference_date order by release_datasets.release
        ) as release_before
    from (select distinct indicator, reference_date from figures_history) as dates
    inner join indicators on dates.indicator = indicators.indicator
    inner join release_datasets
        on
            indicators.dataset = release_datasets.dataset
            and (
                dates.reference_date = release_datasets.newest_reference_date
                or (month(dates.reference_date) = 12 and dates.reference_date < release_datasets.newest_reference_date)
            )
),

begun as (
    select
        indicator,
        reference_date,
        published_in as release,
        sum(value) as value
    from figures_history
    group by indicator, reference_date, published_in
),

ended as (
    select
        indicator,
        reference_date,
        superseded_in as release,
        sum(value) as value
    from figures_history
    where superseded_in is not null
    group by indicator, reference_date, superseded_in
),

moved as (
    select
        coverage.indicator,
        coverage.reference_date,
        coverage.release,
        coalesce(begun.value, 0) - coalesce(ended.value, 0) as difference
    from coverage
    left join begun
        on
            coverage.indicator = begun.indicator
            and coverage.reference_date = begun.reference_date
            and coverage.release = begun.release
    left join ended
        on
            coverage.indicator = ended.indicator
            and coverage.reference_date = ended.reference_date
            and coverage.release = ended.release
    where coverage.release_before is not null
),

revised as (
    select
        indicator,
        reference_date,
        release,
        sum(difference) as difference,
        bool_and(
            difference = coalesce(value_after, 0) - coalesce(value_before, 0)
            and (value_before is null) = (event in ('added', 'returned'))
            and (value_after is null) = (event = 'withdrawn')
        ) as is_sound
    from revisions
    group by indicator, reference_date, release
)

select
    coalesce(moved.indicator, revised.indicator) as indicator,
    coalesce(moved.reference_date, revised.reference_date) as reference_date,
    coalesce(moved.release, revised.release) as release,
    moved.difference as moved,
    revised.difference as revised
from moved
full join revised
    on
        moved.indicator = revised.indicator
        and moved.reference_date = revised.reference_date
        and moved.release = revised.release
where coalesce(moved.difference, 0) <> coalesce(revised.difference, 0) or not coalesce(revised.is_sound, true)
