-- question: Which ten countries host most people in relation to their economy?
-- n: 10
-- A country whose gross domestic product has been unknown for more than three years is not ranked.
select
    hosting.rank_per_million_usd_gdp as rank,
    hosting.asylum,
    countries.name,
    hosting.displaced_across,
    hosting.gdp_year,
    round(hosting.per_million_usd_gdp, 1) as per_million_usd_gdp
from hosting
inner join countries on hosting.asylum = countries.iso3
where
    hosting.rank_per_million_usd_gdp <= $n
    and hosting.reference_date = (select max(reference_date) from hosting)
order by rank
