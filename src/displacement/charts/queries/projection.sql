-- A row is a year-end of displaced people, of the world or of an origin (getvariable('country')), inside it and abroad: a
-- figure, or a projection with its intervals. A projection is no figure: forcibly_displaced is empty in its row.
with drawn as (
    select
        reference_date,
        forcibly_displaced
    from global_totals
    where
        getvariable('country') is null
        and period = 'year-end'
        and forcibly_displaced is not null
        and reference_date >= date '2009-12-31'
    union all
    select
        reference_date,
        forcibly_displaced
    from country_totals
    where
        country = getvariable('country')
        and role = 'origin'
        and period = 'year-end'
        and forcibly_displaced is not null
)

select
    reference_date,
    year(reference_date) as year,
    forcibly_displaced,
    null as projection,
    null as low_50,
    null as high_50,
    null as low_80,
    null as high_80
from drawn
where coalesce(getvariable('country'), 'world') in (select projections.country from projections)
union all
select
    reference_date,
    year(reference_date) as year,
    null as forcibly_displaced,
    median as projection,
    low_50,
    high_50,
    low_80,
    high_80
from projections
where
    country = coalesce(getvariable('country'), 'world')
    and measure = 'forcibly_displaced'
    and exists (select drawn.forcibly_displaced from drawn)
order by reference_date
