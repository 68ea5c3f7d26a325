-- question: What share of refugees are children, in the countries that host most of them?
-- n: 10
-- Children: of those whose age was recorded, women: of those whose sex was; the two coverages are their shares of all. Where it is low or nothing, nobody
-- knows: France gives no ages. Where people of unknown age are all of one sex (anomalies, breakdown_of_one_sex), the share of
-- women is not to be trusted: 0.403 of the Sudanese in Chad in 2024 is such a one.
select
    demographics.country,
    countries.name,
    demographics.people as refugees,
    round(demographics.coverage_by_age, 2) as coverage_by_age,
    round(demographics.share_of_children, 3) as share_of_children,
    round(demographics.coverage_by_sex, 2) as coverage_by_sex,
    round(demographics.share_of_women, 3) as share_of_women
from demographics
inner join countries on demographics.country = countries.iso3
where
    demographics.role = 'asylum'
    and demographics.indicator = 'refugees'
    and demographics.reference_date = (select max(reference_date) from demographics)
order by demographics.people desc
limit $n
