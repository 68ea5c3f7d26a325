-- A row is one of the ten largest corridors of a country (getvariable('country')) as asylum at a year-end
-- (getvariable('year'), else its newest): the origin and the people displaced across borders; the last row, without a
-- country, holds all others together. total is all of them.
with placed as (
    select
        origin as country,
        reference_date,
        displaced_across,
        sum(displaced_across) over () as total,
        row_number() over (order by displaced_across desc, origin) as place
    from corridors
    where
        asylum = getvariable('country')
        and reference_date = (
            select max(reference_date)
            from corridors
            where
                asylum = getvariable('country')
                and period = 'year-end'
                and year = coalesce(getvariable('year'), year)
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
