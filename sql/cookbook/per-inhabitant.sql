-- question: Which ten countries host most people per head of their population?
-- n: 10
-- Without UNRWA's refugees; the columns ending in _with_unrwa of hosting have them. population_year is at most three
-- years older than the figures.
select
    hosting.rank_per_1000_inhabitants as rank,
    hosting.asylum,
    countries.name,
    hosting.displaced_across,
    hosting.population_year,
    round(hosting.per_1000_inhabitants, 1) as per_1000_inhabitants
from hosting
inner join countries on hosting.asylum = countries.iso3
where
    hosting.rank_per_1000_inhabitants <= $n
    and hosting.reference_date = (select max(reference_date) from hosting)
order by rank
