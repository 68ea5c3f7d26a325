-- A row is a region of a scheme, a role and a reference date: country_totals summed over the region's countries.
-- Unknown and stateless belong to no region and are under 'no region', so that the regions of a scheme add up to
-- the world. A person counts in the region of origin under role origin and in the region of asylum under asylum.
with regions as (
    select
        iso3 as country,
        'unhcr' as region_scheme,
        coalesce(unhcr_region, 'no region') as region
    from countries
    union all
    select
        iso3 as country,
        'm49' as region_scheme,
        coalesce(region, 'no region') as region
    from countries
    union all
    select
        iso3 as country,
        'm49_subregion' as region_scheme,
        coalesce(subregion, 'no region') as region
    from countries
)

select
    regions.region_scheme,
    regions.region,
    country_totals.role,
    country_totals.reference_date,
    country_totals.year,
    country_totals.period,
    sum(country_totals.refugees) as refugees,
    sum(country_totals.unrwa_refugees) as unrwa_refugees,
    sum(country_totals.asylum_seekers) as asylum_seekers,
    sum(country_totals.oip) as oip,
    sum(country_totals.idmc_idps) as idmc_idps,
    sum(country_totals.overlap) as overlap,
    sum(country_totals.forcibly_displaced) as forcibly_displaced,
    sum(country_totals.refugees_and_oip) as refugees_and_oip,
    sum(country_totals.displaced_across) as displaced_across,
    sum(country_totals.idps) as idps,
    sum(country_totals.stateless) as stateless,
    sum(country_totals.ooc) as ooc,
    sum(country_totals.hst) as hst,
    sum(country_totals.returned_refugees) as returned_refugees,
    sum(country_totals.returned_idps) as returned_idps
from country_totals
inner join regions on country_totals.country = regions.country
group by
    regions.region_scheme,
    regions.region,
    country_totals.role,
    country_totals.reference_date,
    country_totals.year,
    country_totals.period
