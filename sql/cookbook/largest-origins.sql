-- question: From which countries do most people flee across borders?
-- n: 10
-- Refugees under UNHCR's mandate, asylum-seekers and other people in need of international protection.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as displaced_across,
    round(rankings.share_of_world, 3) as share_of_world
from rankings
inner join countries on rankings.country = countries.iso3
where
    rankings.role = 'origin'
    and rankings.measure = 'displaced_across'
    and rankings.rank <= $n
    and rankings.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rankings.rank
