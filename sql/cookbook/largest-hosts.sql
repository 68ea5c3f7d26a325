-- question: Which countries host most refugees?
-- n: 10
-- Refugees under UNHCR's mandate and other people in need of international protection, as UNHCR ranks them; those displaced
-- across borders, asylum-seekers with them, beside them.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as refugees_and_oip,
    country_totals.displaced_across,
    round(rankings.share_of_world, 3) as share_of_world
from rankings
inner join countries on rankings.country = countries.iso3
inner join country_totals
    on
        rankings.country = country_totals.country
        and rankings.role = country_totals.role
        and rankings.reference_date = country_totals.reference_date
where
    rankings.role = 'asylum'
    and rankings.measure = 'refugees_and_oip'
    and rankings.rank <= $n
    and rankings.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rankings.rank
