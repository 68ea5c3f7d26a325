-- A row is an origin, a country of asylum and a reference date with people displaced across borders.
-- refugees_and_oip = refugees + oip and displaced_across = refugees + asylum_seekers + oip, of those that have a
-- figure. Ranks run over displaced_across,
-- one for the largest; unknown and stateless partners are not ranked. The same origin and asylum is the publisher's.
with corridor_totals as (
    select
        origin,
        asylum,
        reference_date,
        max(value) filter (indicator = 'refugees') as refugees,
        max(value) filter (indicator = 'asylum_seekers') as asylum_seekers,
        max(value) filter (indicator = 'oip') as oip,
        sum(value) filter (indicator in ('refugees', 'oip')) as refugees_and_oip,
        sum(value) as displaced_across
    from figures
    where indicator in ('refugees', 'asylum_seekers', 'oip')
    group by origin, asylum, reference_date
),

places as (
    select
        iso3,
        kind not in ('unknown', 'stateless') as is_place
    from countries
)

select
    corridor_totals.origin,
    corridor_totals.asylum,
    corridor_totals.reference_date,
    year(corridor_totals.reference_date) as year,
    case when month(corridor_totals.reference_date) = 6 then 'mid-year' else 'year-end' end as period,
    corridor_totals.refugees,
    corridor_totals.asylum_seekers,
    corridor_totals.oip,
    corridor_totals.refugees_and_oip,
    corridor_totals.displaced_across,
    case
        when asylum_places.is_place then rank() over (
            partition by corridor_totals.origin, corridor_totals.reference_date, asylum_places.is_place
            order by corridor_totals.displaced_across desc
        )
    end as rank_in_origin,
    case
        when origin_places.is_place then rank() over (
            partition by corridor_totals.asylum, corridor_totals.reference_date, origin_places.is_place
            order by corridor_totals.displaced_across desc
        )
    end as rank_in_asylum
from corridor_totals
inner join places as origin_places on corridor_totals.origin = origin_places.iso3
inner join places as asylum_places on corridor_totals.asylum = asylum_places.iso3
