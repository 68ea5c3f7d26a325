-- question: What share of refugees are children, in the countries that host most of them?
-- n: 10
-- Of those whose sex and age were recorded; coverage_by_age is their share of all. Where it is low or nothing, nobody
-- knows: France gives no ages.
select
    demographics.country,
    countries.name,
    demographics.people as refugees,
    round(demographics.coverage_by_age, 2) as coverage_by_age,
    round(demographics.share_of_children, 3) as share_of_children,
    round(demographics.share_of_women, 3) as share_of_women
from demographics
inner join countries on demographics.country = countries.iso3
where
    demographics.role = 'asylum'
    and demographics.indicator = 'refugees'
    and demographics.reference_date = (select max(reference_date) from demographics)
order by demographics.people desc
limit $n
