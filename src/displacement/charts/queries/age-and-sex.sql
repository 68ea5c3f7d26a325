-- A row is an age band: women and girls, men and boys among refugees, asylum-seekers and others in need of protection
-- whose age and sex were recorded, at a year-end (getvariable('year'), else the newest): of the world, or of a country
-- (getvariable('country')) in a role (getvariable('role')). people is all of them, asked or not.
with chosen as (
    select *
    from demographics
    where
        indicator in ('refugees', 'asylum_seekers', 'oip')
        and role = getvariable('role')
        and (getvariable('country') is null or country = getvariable('country'))
),

summed as (
    select
        max(reference_date) as reference_date,
        sum(people) as people,
        sum(people_by_age) as people_by_age,
        sum(female_0_4) as female_0_4,
        sum(female_5_11) as female_5_11,
        sum(female_12_17) as female_12_17,
        sum(female_18_59) as female_18_59,
        sum(female_60) as female_60,
        sum(male_0_4) as male_0_4,
        sum(male_5_11) as male_5_11,
        sum(male_12_17) as male_12_17,
        sum(male_18_59) as male_18_59,
        sum(male_60) as male_60
    from chosen
    where year = coalesce(getvariable('year'), (select max(year) from chosen where people_by_age > 0))
),

bands as (
    select
        1 as place,
        '0-4' as age,
        female_0_4 as female,
        male_0_4 as male
    from summed
    union all
    select
        2 as place,
        '5-11' as age,
        female_5_11 as female,
        male_5_11 as male
    from summed
    union all
    select
        3 as place,
        '12-17' as age,
        female_12_17 as female,
        male_12_17 as male
    from summed
    union all
    select
        4 as place,
        '18-59' as age,
        female_18_59 as female,
        male_18_59 as male
    from summed
    union all
    select
        5 as place,
        '60+' as age,
        female_60 as female,
        male_60 as male
    from summed
)

select
    bands.age,
    summed.reference_date,
    getvariable('role') as role,
    cast(bands.female as bigint) as female,
    cast(bands.male as bigint) as male,
    cast(summed.people_by_age as bigint) as people_by_age,
    cast(summed.people as bigint) as people
from bands
cross join summed
where summed.people_by_age > 0
order by bands.place
