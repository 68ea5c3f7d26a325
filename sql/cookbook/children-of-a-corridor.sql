-- question: What share of the Sudanese refugees in Chad are children?
-- origin: SDN
-- asylum: TCD
-- years: 3
-- Of those whose sex and age were recorded; coverage_by_age is their share of all. A year without a row: nobody was asked.
select
    year,
    people as refugees,
    round(coverage_by_age, 2) as coverage_by_age,
    round(share_of_children, 3) as share_of_children,
    round(share_of_women, 3) as share_of_women
from demographics_by_corridor
where origin = $origin and asylum = $asylum and indicator = 'refugees'
order by year desc
limit $years
