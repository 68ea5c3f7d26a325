-- A row is one of the twenty largest corridors at a year-end (getvariable('year'), else the newest): people displaced
-- across borders from one country who are in another. Corridors from or to an unknown place are left out, but count in
-- the share of the world.
with newest as (
    select
        origin,
        asylum,
        reference_date,
        refugees,
        asylum_seekers,
        oip,
        displaced_across,
        displaced_across / sum(displaced_across) over () as share_of_world,
        sum(displaced_across) over (partition by origin) as origin_displaced_across,
        sum(displaced_across) over (partition by asylum) as asylum_displaced_across,
        rank_in_origin,
        rank_in_asylum
    from corridors
    where reference_date = (
        select max(reference_date)
        from corridors
        where period = 'year-end' and year = coalesce(getvariable('year'), year)
    )
)
select
    newest.origin,
    origins.name as origin_name,
    newest.asylum,
    asylums.name as asylum_name,
    newest.reference_date,
    newest.refugees,
    newest.asylum_seekers,
    newest.oip,
    newest.displaced_across,
    newest.share_of_world,
    newest.origin_displaced_across,
    newest.asylum_displaced_across
from newest
inner join countries as origins on newest.origin::varchar = origins.iso3::varchar
inner join countries as asylums on newest.asylum::varchar = asylums.iso3::varchar
where newest.rank_in_origin is not null and newest.rank_in_asylum is not null and newest.origin <> newest.asylum
order by newest.displaced_across desc, newest.origin, newest.asylum
limit 20
