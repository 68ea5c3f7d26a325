-- question: What share of the Sudanese refugees in Chad are children?
-- origin: SDN
-- asylum: TCD
-- years: 3
-- Children: of those whose age was recorded, women: of those whose sex was; the two coverages are their shares of all. A year without a row: nobody
-- was asked. Where people of unknown age are all of one sex (anomalies, breakdown_of_one_sex), the share of women is not to
-- be trusted: 0.403 in Chad in 2024 is such a one.
select
    year,
    people as refugees,
    round(coverage_by_age, 2) as coverage_by_age,
    round(share_of_children, 3) as share_of_children,
    round(coverage_by_sex, 2) as coverage_by_sex,
    round(share_of_women, 3) as share_of_women
from demographics_by_corridor
where origin = $origin and asylum = $asylum and indicator = 'refugees'
order by year desc
limit $years
