-- A row is a country of asylum and a year-end for which age was recorded of at least a thousand and of half of the
-- refugees, asylum-seekers and others in need of protection there: the share of children among those whose age is known.
select
    country,
    year,
    (
        coalesce(sum(female_0_4), 0) + coalesce(sum(female_5_11), 0) + coalesce(sum(female_12_17), 0)
        + coalesce(sum(male_0_4), 0) + coalesce(sum(male_5_11), 0) + coalesce(sum(male_12_17), 0)
    ) / sum(people_by_age) as share_of_children
from demographics
where role = 'asylum' and indicator in ('refugees', 'asylum_seekers', 'oip')
group by country, year
having sum(people_by_age) >= 1000 and sum(people_by_age) >= 0.5 * sum(people)
order by country, year
