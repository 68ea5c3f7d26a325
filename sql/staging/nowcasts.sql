-- A row is UNHCR's nowcast of a month, by country of asylum or for the world, as a day's snapshot of its interface gave
-- it: an estimate of people at the end of the month, made before any figure of that date. A later snapshot never replaces
-- an earlier one. A place that is in no reviewed list is left out until it is; the snapshot itself is kept.
with snapshots as (
    select
        cast(captured_on as date) as captured_on,
        last_day(cast(strptime(concat(year, ' ', month), '%Y %B') as date)) as reference_date,
        coa,
        try_cast(refugees as bigint) as nowcast_refugees,
        try_cast(asylum_seekers as bigint) as nowcast_asylum_seekers,
        source
    from raw_nowcast_snapshots
    qualify page = min(page) over (partition by captured_on)
)

select
    snapshots.captured_on,
    snapshots.reference_date,
    coalesce(raw_countries.iso3, 'world') as asylum,
    snapshots.nowcast_refugees,
    snapshots.nowcast_asylum_seekers,
    snapshots.source
from snapshots
left join raw_countries on snapshots.coa = raw_countries.unhcr_code
where snapshots.coa = '-' or raw_countries.iso3 is not null
