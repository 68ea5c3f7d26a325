-- parameters: year, n
-- A row is a country that hosts people displaced across borders, among the n largest at the end of a year: top_hosts(2025, 10).
-- Ranked by displaced_across: refugees under UNHCR's mandate, asylum-seekers and other people in need of
-- international protection. UNRWA's refugees and people displaced inside their country are in other measures.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as displaced_across,
    country_totals.refugees,
    country_totals.asylum_seekers,
    country_totals.oip,
    rankings.share_of_world,
    rankings.cumulative_share,
    rankings.reference_date
from rankings
inner join countries on rankings.country = countries.iso3
inner join country_totals
    on
        rankings.country = country_totals.country
        and rankings.role = country_totals.role
        and rankings.reference_date = country_totals.reference_date
where
    rankings.role = 'asylum'
    and rankings.measure = 'displaced_across'
    and rankings.reference_date = make_date(year, 12, 31)
    and rankings.rank <= n
order by rankings.rank, rankings.country
