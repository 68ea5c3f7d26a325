-- The countries of each role add up to the world, for every component and date.
-- A returned row is a role, a date and a component where they do not.
with summed as (
    select
        role,
        reference_date,
        sum(refugees) as refugees,
        sum(unrwa_refugees) as unrwa_refugees,
        sum(asylum_seekers) as asylum_seekers,
        sum(oip) as oip,
        sum(idmc_idps) as idmc_idps,
        sum(forcibly_displaced) as forcibly_displaced
    from country_totals
    group by role, reference_date
)

select
    summed.role,
    global_totals.reference_date,
    summed.refugees - global_totals.refugees as refugees_off,
    summed.unrwa_refugees - global_totals.unrwa_refugees as unrwa_refugees_off,
    summed.asylum_seekers - global_totals.asylum_seekers as asylum_seekers_off,
    summed.oip - global_totals.oip as oip_off,
    summed.idmc_idps - global_totals.idmc_idps as idmc_idps_off,
    summed.forcibly_displaced - global_totals.forcibly_displaced as forcibly_displaced_off
from global_totals
inner join summed on global_totals.reference_date = summed.reference_date
where
    summed.refugees is distinct from global_totals.refugees
    or summed.unrwa_refugees is distinct from global_totals.unrwa_refugees
    or summed.asylum_seekers is distinct from global_totals.asylum_seekers
    or summed.oip is distinct from global_totals.oip
    or summed.idmc_idps is distinct from global_totals.idmc_idps
    or (
        summed.forcibly_displaced is not null
        and summed.forcibly_displaced is distinct from global_totals.forcibly_displaced
    )
