-- A row is an origin, a country of asylum, a population type (an indicator) and a year-end for which the sex or age of anybody
-- was recorded; people, coverage and shares are as in demographics. Returned refugees are left out: both places of their
-- breakdown are the country returned to.
with broken_down as (
    select
        raw_demographics.origin,
        raw_demographics.asylum,
        raw_population_types.indicator,
        raw_demographics.year,
        coalesce(figures.value, raw_demographics.total) as people,
        raw_demographics.f_0_4 + raw_demographics.f_5_11 + raw_demographics.f_12_17 + raw_demographics.f_18_59
        + raw_demographics.f_60 + raw_demographics.m_0_4 + raw_demographics.m_5_11 + raw_demographics.m_12_17
        + raw_demographics.m_18_59 + raw_demographics.m_60 as people_by_age,
        raw_demographics.f_0_4 as female_0_4,
        raw_demographics.f_5_11 as female_5_11,
        raw_demographics.f_12_17 as female_12_17,
        raw_demographics.f_18_59 as female_18_59,
        raw_demographics.f_60 as female_60,
        raw_demographics.f_other as female_age_unknown,
        raw_demographics.m_0_4 as male_0_4,
        raw_demographics.m_5_11 as male_5_11,
        raw_demographics.m_12_17 as male_12_17,
        raw_demographics.m_18_59 as male_18_59,
        raw_demographics.m_60 as male_60,
        raw_demographics.m_other as male_age_unknown
    from raw_demographics
    inner join raw_population_types
        on
            raw_demographics.population_type = raw_population_types.population_type
            and raw_population_types.by_asylum = 'yes'
    left join figures
        on
            raw_population_types.indicator = figures.indicator
            and raw_demographics.origin = figures.origin
            and raw_demographics.asylum = figures.asylum
            and raw_demographics.year = figures.year
            and figures.period = 'year-end'
),

covered as (
    select
        *,
        people_by_age + female_age_unknown + male_age_unknown as people_by_sex
    from broken_down
)

select
    origin,
    asylum,
    indicator,
    make_date(year, 12, 31) as reference_date,
    year,
    people,
    people_by_sex,
    people_by_age,
    least(people_by_sex / people, 1) as coverage_by_sex,
    least(people_by_age / people, 1) as coverage_by_age,
    (female_0_4 + female_5_11 + female_12_17 + female_18_59 + female_60 + female_age_unknown)
    / nullif(people_by_sex, 0) as share_of_women,
    (female_0_4 + female_5_11 + female_12_17 + male_0_4 + male_5_11 + male_12_17) / nullif(people_by_age, 0)
        as share_of_children,
    case when people_by_age > 0 then female_0_4 end as female_0_4,
    case when people_by_age > 0 then female_5_11 end as female_5_11,
    case when people_by_age > 0 then female_12_17 end as female_12_17,
    case when people_by_age > 0 then female_18_59 end as female_18_59,
    case when people_by_age > 0 then female_60 end as female_60,
    female_age_unknown,
    case when people_by_age > 0 then male_0_4 end as male_0_4,
    case when people_by_age > 0 then male_5_11 end as male_5_11,
    case when people_by_age > 0 then male_12_17 end as male_12_17,
    case when people_by_age > 0 then male_18_59 end as male_18_59,
    case when people_by_age > 0 then male_60 end as male_60,
    male_age_unknown
from covered
where people_by_sex > 0
