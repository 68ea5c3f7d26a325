-- question: From how many countries do two thirds of all refugees come?
-- share: 0.667
-- Refugees under UNHCR's mandate only. The list ends with the country that reaches the share.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as refugees,
    round(rankings.cumulative_share, 3) as share_together
from rankings
inner join countries on rankings.country = countries.iso3
where
    rankings.role = 'origin'
    and rankings.measure = 'refugees'
    and rankings.cumulative_share - rankings.share_of_world < $share
    and rankings.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rankings.rank
