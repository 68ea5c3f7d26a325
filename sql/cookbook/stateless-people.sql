-- question: Where do most stateless people live?
-- n: 10
-- Most of them never moved; those who did are in the other population types as well.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as stateless,
    round(rankings.share_of_world, 3) as share_of_world
from rankings
inner join countries on rankings.country = countries.iso3
where
    rankings.role = 'asylum'
    and rankings.measure = 'stateless'
    and rankings.rank <= $n
    and rankings.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rankings.rank
