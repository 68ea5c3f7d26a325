-- A row is a country, a role (origin or asylum), a population type (an indicator) and a year-end, with the people whose
-- sex or age was recorded. Many are not: people is all there are (the current figure; the breakdown's own total where
-- there is none), people_by_sex and people_by_age are those the breakdown covers, and the shares are of these.
-- Years in which the breakdown holds a type nowhere have no rows; in the others a country it lacks has 0 covered. Read
-- straight from the source, of which this is a tenth.
with places as (
    select
        raw_population_types.population_type,
        raw_population_types.indicator,
        roles.role
    from raw_population_types
    cross join (
        select 'origin' as role
        union all
        select 'asylum' as role
    ) as roles
    where roles.role = 'origin' or raw_population_types.by_asylum = 'yes'
),

broken_down as (
    select
        case places.role when 'asylum' then raw_demographics.asylum else raw_demographics.origin end as country,
        places.role,
        places.indicator,
        raw_demographics.year,
        sum(raw_demographics.total) as total,
        sum(raw_demographics.f_0_4) as female_0_4,
        sum(raw_demographics.f_5_11) as female_5_11,
        sum(raw_demographics.f_12_17) as female_12_17,
        sum(raw_demographics.f_18_59) as female_18_59,
        sum(raw_demographics.f_60) as female_60,
        sum(raw_demographics.f_other) as female_age_unknown,
        sum(raw_demographics.m_0_4) as male_0_4,
        sum(raw_demographics.m_5_11) as male_5_11,
        sum(raw_demographics.m_12_17) as male_12_17,
        sum(raw_demographics.m_18_59) as male_18_59,
        sum(raw_demographics.m_60) as male_60,
        sum(raw_demographics.m_other) as male_age_unknown
    from raw_demographics
    inner join places on raw_demographics.population_type = places.population_type
    group by country, places.role, places.indicator, raw_demographics.year
),

years as (
    select
        indicator,
        role,
        year
    from broken_down
    group by indicator, role, year
),

counted as (
    select
        case years.role when 'asylum' then figures.asylum else figures.origin end as country,
        years.role,
        years.indicator,
        figures.year,
        sum(figures.value) as value
    from figures
    inner join years on figures.indicator = years.indicator and figures.year = years.year
    where figures.period = 'year-end'
    group by country, years.role, years.indicator, figures.year
),

covered as (
    select
        coalesce(broken_down.country, cast(counted.country as varchar)) as country,
        coalesce(broken_down.role, counted.role) as role,
        coalesce(broken_down.indicator, counted.indicator) as indicator,
        coalesce(broken_down.year, counted.year) as year,
        coalesce(counted.value, broken_down.total) as people,
        coalesce(
            broken_down.female_0_4 + broken_down.female_5_11 + broken_down.female_12_17 + broken_down.female_18_59
            + broken_down.female_60 + broken_down.male_0_4 + broken_down.male_5_11 + broken_down.male_12_17
            + broken_down.male_18_59 + broken_down.male_60,
            0
        ) as people_by_age,
        coalesce(broken_down.female_age_unknown + broken_down.male_age_unknown, 0) as age_unknown,
        broken_down.female_0_4,
        broken_down.female_5_11,
        broken_down.female_12_17,
        broken_down.female_18_59,
        broken_down.female_60,
        broken_down.female_age_unknown,
        broken_down.male_0_4,
        broken_down.male_5_11,
        broken_down.male_12_17,
        broken_down.male_18_59,
        broken_down.male_60,
        broken_down.male_age_unknown
    from broken_down
    full join counted
        on
            broken_down.country = counted.country
            and broken_down.role = counted.role
            and broken_down.indicator = counted.indicator
            and broken_down.year = counted.year
)

select
    country,
    role,
    indicator,
    make_date(year, 12, 31) as reference_date,
    year,
    people,
    people_by_age + age_unknown as people_by_sex,
    people_by_age,
    least((people_by_age + age_unknown) / people, 1) as coverage_by_sex,
    least(people_by_age / people, 1) as coverage_by_age,
    (female_0_4 + female_5_11 + female_12_17 + female_18_59 + female_60 + female_age_unknown)
    / nullif(people_by_age + age_unknown, 0) as share_of_women,
    (female_0_4 + female_5_11 + female_12_17 + male_0_4 + male_5_11 + male_12_17) / nullif(people_by_age, 0)
        as share_of_children,
    case when people_by_age > 0 then female_0_4 end as female_0_4,
    case when people_by_age > 0 then female_5_11 end as female_5_11,
    case when people_by_age > 0 then female_12_17 end as female_12_17,
    case when people_by_age > 0 then female_18_59 end as female_18_59,
    case when people_by_age > 0 then female_60 end as female_60,
    case when people_by_age + age_unknown > 0 then female_age_unknown end as female_age_unknown,
    case when people_by_age > 0 then male_0_4 end as male_0_4,
    case when people_by_age > 0 then male_5_11 end as male_5_11,
    case when people_by_age > 0 then male_12_17 end as male_12_17,
    case when people_by_age > 0 then male_18_59 end as male_18_59,
    case when people_by_age > 0 then male_60 end as male_60,
    case when people_by_age + age_unknown > 0 then male_age_unknown end as male_age_unknown
from covered
