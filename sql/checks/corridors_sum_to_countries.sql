-- The corridors of an origin, and those of a country of asylum, add up to displaced_across of the country.
-- A returned row is a country, a role and a date where they do not.
with summed as (
    select
        origin as country,
        'origin' as role,
        reference_date,
        sum(displaced_across) as displaced_across
    from corridors
    group by origin, reference_date
    union all
    select
        asylum as country,
        'asylum' as role,
        reference_date,
        sum(displaced_across) as displaced_across
    from corridors
    group by asylum, reference_date
)

select
    country_totals.country,
    country_totals.role,
    country_totals.reference_date,
    country_totals.displaced_across,
    summed.displaced_across as corridors_summed
from country_totals
left join summed
    on
        country_totals.country = summed.country
        and country_totals.role = summed.role
        and country_totals.reference_date = summed.reference_date
where country_totals.displaced_across is distinct from summed.displaced_across
