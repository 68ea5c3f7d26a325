-- A row is one of the ten largest corridors of a country (getvariable('country')) as origin or as asylum
-- (getvariable('role')) at a year-end (getvariable('year'), else its newest): the country at the other end and the people
-- displaced across borders; the last row, without a country, holds all others together. total is all of them.
with own as (
    select
        case when getvariable('role') = 'origin' then asylum else origin end as country,
        reference_date,
        year,
        period,
        displaced_across
    from corridors
    where
        (getvariable('role') = 'origin' and origin = getvariable('country'))
        or (getvariable('role') = 'asylum' and asylum = getvariable('country'))
),

placed as (
    select
        country,
        reference_date,
        displaced_across,
        sum(displaced_across) over () as total,
        row_number() over (order by displaced_across desc, country) as place
    from own
    where
        reference_date = (
            select max(reference_date)
            from own
            where period = 'year-end' and year = coalesce(getvariable('year'), year)
        )
)

select
    case when place <= 10 then country end as country,
    min(case when place <= 10 then countries.name end) as name,
    min(reference_date) as reference_date,
    cast(sum(displaced_across) as bigint) as displaced_across,
    count(*) as countries,
    cast(min(total) as bigint) as total
from placed
inner join countries on placed.country::varchar = countries.iso3::varchar
group by case when place <= 10 then country end
order by min(place)
