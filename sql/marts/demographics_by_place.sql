-- A row is an origin, a country of asylum, a population type (an indicator), a year-end, a location and an accommodation type.
-- The shipped breakdown holds sums over places, so there are no rows before a release is added to the home; the newest
-- accepted one is here. Shares are of those whose sex or age was recorded.
with broken_down as (
    select
        raw_demographics_by_place.origin,
        raw_demographics_by_place.asylum,
        raw_population_types.indicator,
        cast(raw_demographics_by_place.year as integer) as year,
        raw_demographics_by_place.location,
        raw_demographics_by_place.location_type,
        raw_demographics_by_place.accommodation_type,
        cast(raw_demographics_by_place.total as bigint) as people,
        cast(raw_demographics_by_place.f_0_4 as bigint) as female_0_4,
        cast(raw_demographics_by_place.f_5_11 as bigint) as female_5_11,
        cast(raw_demographics_by_place.f_12_17 as bigint) as female_12_17,
        cast(raw_demographics_by_place.f_18_59 as bigint) as female_18_59,
        cast(raw_demographics_by_place.f_60 as bigint) as female_60,
        cast(raw_demographics_by_place.f_other as bigint) as female_age_unknown,
        cast(raw_demographics_by_place.m_0_4 as bigint) as male_0_4,
        cast(raw_demographics_by_place.m_5_11 as bigint) as male_5_11,
        cast(raw_demographics_by_place.m_12_17 as bigint) as male_12_17,
        cast(raw_demographics_by_place.m_18_59 as bigint) as male_18_59,
        cast(raw_demographics_by_place.m_60 as bigint) as male_60,
        cast(raw_demographics_by_place.m_other as bigint) as male_age_unknown
    from raw_demographics_by_place
    inner join raw_population_types
        on
            raw_demographics_by_place.population_type = raw_population_types.population_type
            and raw_population_types.by_asylum = 'yes'
),

aged as (
    select
        *,
        female_0_4 + female_5_11 + female_12_17 + female_18_59 + female_60
        + male_0_4 + male_5_11 + male_12_17 + male_18_59 + male_60 as people_by_age
    from broken_down
    where people > 0
),

covered as (
    select
        *,
        people_by_age + female_age_unknown + male_age_unknown as people_by_sex
    from aged
)

select
    origin,
    asylum,
    indicator,
    make_date(year, 12, 31) as reference_date,
    year,
    location,
    location_type,
    accommodation_type,
    people,
    people_by_sex,
    people_by_age,
    (female_0_4 + female_5_11 + female_12_17 + female_18_59 + female_60 + female_age_unknown)
    / nullif(people_by_sex, 0) as share_of_women,
    (female_0_4 + female_5_11 + female_12_17 + male_0_4 + male_5_11 + male_12_17) / nullif(people_by_age, 0)
        as share_of_children,
    case when people_by_age > 0 then female_0_4 end as female_0_4,
    case when people_by_age > 0 then female_5_11 end as female_5_11,
    case when people_by_age > 0 then female_12_17 end as female_12_17,
    case when people_by_age > 0 then female_18_59 end as female_18_59,
    case when people_by_age > 0 then female_60 end as female_60,
    case when people_by_sex > 0 then female_age_unknown end as female_age_unknown,
    case when people_by_age > 0 then male_0_4 end as male_0_4,
    case when people_by_age > 0 then male_5_11 end as male_5_11,
    case when people_by_age > 0 then male_12_17 end as male_12_17,
    case when people_by_age > 0 then male_18_59 end as male_18_59,
    case when people_by_age > 0 then male_60 end as male_60,
    case when people_by_sex > 0 then male_age_unknown end as male_age_unknown
from covered
