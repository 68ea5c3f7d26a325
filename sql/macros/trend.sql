-- parameters: iso3, role
-- A row is a reference date of a country as origin or as asylum: trend('UKR', 'origin').
select
    country_totals.reference_date,
    country_totals.period,
    country_totals.refugees,
    country_totals.unrwa_refugees,
    country_totals.asylum_seekers,
    country_totals.oip,
    country_totals.idmc_idps,
    country_totals.overlap,
    country_totals.forcibly_displaced,
    country_totals.refugees_and_oip,
    country_totals.displaced_across,
    country_totals.idps,
    country_totals.stateless,
    country_totals.returned_refugees,
    country_totals.returned_idps
from country_totals
where country_totals.country = known_country(iso3) and country_totals.role = known_role(role)
order by country_totals.reference_date
