-- A row is a country of origin, a country of asylum or a corridor of a date that changed: people and facts before and
-- now, where they moved by as many people as are worth a look, or all its facts are gone.
with sides as (
    select indicator, reference_date, 'origin' as side, origin as place, before, now
    from gate_cells
    where not is_unknown
    union all
    select indicator, reference_date, 'asylum' as side, asylum as place, before, now
    from gate_cells
    where not is_unknown
    union all
    select indicator, reference_date, 'corridor' as side, concat(origin, ' to ', asylum) as place, before, now
    from gate_cells
    where not is_unknown and before is distinct from now
),

places as (
    select
        indicator,
        reference_date,
        side,
        place,
        coalesce(sum(before), 0)::bigint as people_before,
        coalesce(sum(now), 0)::bigint as people_now,
        count(before) as facts_before,
        count(now) as facts_now
    from sides
    group by indicator, reference_date, side, place
)

select
    p.indicator,
    p.reference_date,
    p.side,
    p.place,
    p.people_before,
    p.people_now,
    p.facts_before,
    p.facts_now
from places as p
cross join gate_limits as l
where
    abs(p.people_now - p.people_before) >= l.country_moved_at_least
    or (p.facts_now = 0 and p.facts_before >= l.facts_lost_at_least)
order by p.indicator, abs(p.people_now - p.people_before) desc, p.reference_date desc, p.side, p.place
