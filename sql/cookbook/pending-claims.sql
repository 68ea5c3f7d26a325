-- question: Where do most people wait for a decision on their claim?
-- n: 10
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as asylum_seekers,
    round(rankings.cumulative_share, 3) as share_together
from rankings
inner join countries on rankings.country = countries.iso3
where
    rankings.role = 'asylum'
    and rankings.measure = 'asylum_seekers'
    and rankings.rank <= $n
    and rankings.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rankings.rank
