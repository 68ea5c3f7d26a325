-- The regions of each scheme and role add up to the countries, 'no region' included, for every measure and date.
-- A returned row is a scheme, a role and a date where they do not.
with countries_summed as (
    select
        role,
        reference_date,
        sum(refugees) as refugees,
        sum(unrwa_refugees) as unrwa_refugees,
        sum(asylum_seekers) as asylum_seekers,
        sum(oip) as oip,
        sum(idmc_idps) as idmc_idps,
        sum(forcibly_displaced) as forcibly_displaced,
        sum(stateless) as stateless,
        sum(idps) as idps
    from country_totals
    group by role, reference_date
),

regions_summed as (
    select
        region_scheme,
        role,
        reference_date,
        sum(refugees) as refugees,
        sum(unrwa_refugees) as unrwa_refugees,
        sum(asylum_seekers) as asylum_seekers,
        sum(oip) as oip,
        sum(idmc_idps) as idmc_idps,
        sum(forcibly_displaced) as forcibly_displaced,
        sum(stateless) as stateless,
        sum(idps) as idps
    from region_totals
    group by region_scheme, role, reference_date
)

select
    regions_summed.region_scheme,
    regions_summed.role,
    regions_summed.reference_date
from regions_summed
left join countries_summed
    on
        regions_summed.role = countries_summed.role
        and regions_summed.reference_date = countries_summed.reference_date
where
    regions_summed.refugees is distinct from countries_summed.refugees
    or regions_summed.unrwa_refugees is distinct from countries_summed.unrwa_refugees
    or regions_summed.asylum_seekers is distinct from countries_summed.asylum_seekers
    or regions_summed.oip is distinct from countries_summed.oip
    or regions_summed.idmc_idps is distinct from countries_summed.idmc_idps
    or regions_summed.forcibly_displaced is distinct from countries_summed.forcibly_displaced
    or regions_summed.stateless is distinct from countries_summed.stateless
    or regions_summed.idps is distinct from countries_summed.idps
