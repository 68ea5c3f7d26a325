-- A row is a country of asylum or of origin and a population type at the newest year-end for which the sex and age of
-- people there was recorded.
select
    country,
    role,
    indicator,
    year,
    people,
    coverage_by_age,
    share_of_women,
    share_of_children,
    female_0_4,
    female_5_11,
    female_12_17,
    female_18_59,
    female_60,
    male_0_4,
    male_5_11,
    male_12_17,
    male_18_59,
    male_60
from demographics
where indicator in ('refugees', 'asylum_seekers', 'idps') and people_by_age > 0
qualify year = max(year) over (partition by country, role, indicator)
order by country, role, people desc, indicator
