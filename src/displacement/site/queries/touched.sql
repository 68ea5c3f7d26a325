-- A row is a release and a place (a country as origin or as asylum, or WLD) of which it brought, changed or withdrew figures.
-- A value that follows another of the same fact is a change; the first of a fact, or one after a gap, is new.
with values_of as (
    select
        indicator,
        reference_date,
        origin,
        asylum,
        published_in,
        superseded_in,
        lag(superseded_in) over (
            partition by indicator, reference_date, origin, asylum order by published_in
        ) as ended_before,
        lead(published_in) over (
            partition by indicator, reference_date, origin, asylum order by published_in
        ) as next_published
    from figures_history
),

events as (
    select
        published_in as release,
        origin,
        asylum,
        case when ended_before = published_in then 'changed' else 'arrived' end as event
    from values_of
    union all
    select
        superseded_in as release,
        origin,
        asylum,
        'withdrawn' as event
    from values_of
    where superseded_in is not null and next_published is distinct from superseded_in
),

placed as (
    select
        release,
        event,
        'WLD' as place
    from events
    union all
    select
        release,
        event,
        origin as place
    from events
    union all
    select
        release,
        event,
        asylum as place
    from events
    where asylum <> origin
)

select
    release,
    place,
    count(*) filter (event = 'arrived') as arrived,
    count(*) filter (event = 'changed') as changed,
    count(*) filter (event = 'withdrawn') as withdrawn
from placed
group by release, place
order by place, release
