-- The age bands of a row add up to the people whose age was recorded, those and the people of unknown age to the people
-- whose sex was recorded; shares are given where somebody was asked and only there; no figure is left out of people. Origins and
-- countries of asylum together (demographics_by_corridor) have as many people by sex and by age as each country of asylum.
-- A returned row is a row of demographics, or a role, an indicator and a year, for which this is not so.
with rows_off as (
    select
        country,
        cast(role as varchar) as role,
        cast(indicator as varchar) as indicator,
        year,
        people_by_sex,
        people_by_age
    from demographics
    where
        people_by_age <> coalesce(
            female_0_4 + female_5_11 + female_12_17 + female_18_59 + female_60
            + male_0_4 + male_5_11 + male_12_17 + male_18_59 + male_60,
            0
        )
        or people_by_sex <> people_by_age + coalesce(female_age_unknown + male_age_unknown, 0)
        or (share_of_women is null) <> (people_by_sex = 0)
        or (share_of_children is null) <> (people_by_age = 0)
        or (coverage_by_sex = 0) <> (people_by_sex = 0)
),

summed as (
    select
        cast(role as varchar) as role,
        cast(indicator as varchar) as indicator,
        year,
        sum(people) as people
    from demographics
    group by role, indicator, year
),

corridors_summed as (
    select
        cast(asylum as varchar) as country,
        cast(indicator as varchar) as indicator,
        year,
        sum(people_by_sex) as people_by_sex,
        sum(people_by_age) as people_by_age
    from demographics_by_corridor
    group by asylum, indicator, year
),

counted as (
    select
        cast(indicator as varchar) as indicator,
        year,
        sum(value) as value
    from figures
    where period = 'year-end'
    group by indicator, year
)

select
    cast(country as varchar) as country,
    role,
    indicator,
    year,
    people_by_sex,
    people_by_age
from rows_off
union all
select
    'world' as country,
    summed.role,
    summed.indicator,
    summed.year,
    summed.people as people_by_sex,
    counted.value as people_by_age
from summed
inner join counted on summed.indicator = counted.indicator and summed.year = counted.year
where summed.people < counted.value
union all
select
    cast(demographics.country as varchar) as country,
    'asylum' as role,
    cast(demographics.indicator as varchar) as indicator,
    demographics.year,
    corridors_summed.people_by_sex,
    corridors_summed.people_by_age
from demographics
left join corridors_summed
    on
        demographics.country = corridors_summed.country
        and demographics.indicator = corridors_summed.indicator
        and demographics.year = corridors_summed.year
where
    demographics.role = 'asylum'
    and (
        demographics.people_by_sex <> coalesce(corridors_summed.people_by_sex, 0)
        or demographics.people_by_age <> coalesce(corridors_summed.people_by_age, 0)
    )
