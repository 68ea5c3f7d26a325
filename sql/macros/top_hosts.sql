-- parameters: year, n
-- A row is a country that hosts refugees and other people in need of international protection, among the n largest at
-- the end of a year: top_hosts(2025, 10). Ranked by refugees_and_oip, as UNHCR ranks them: refugees under UNHCR's
-- mandate and oip, without asylum-seekers; displaced_across, with them, is beside it. UNRWA's refugees and people
-- displaced inside their country are in other measures.
select
    rankings.rank,
    rankings.country,
    countries.name,
    rankings.value as refugees_and_oip,
    country_totals.refugees,
    country_totals.oip,
    country_totals.asylum_seekers,
    country_totals.displaced_across,
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
    and rankings.measure = 'refugees_and_oip'
    and rankings.reference_date = known_year_end(year)
    and rankings.rank <= n
order by rankings.rank, rankings.country
