-- A row is a row of country_totals, with what its sums leave unexplained: 0 where they are the sums of their parts.
select
    country,
    country_name,
    role,
    reference_date,
    year,
    period,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    overlap,
    forcibly_displaced,
    refugees_and_oip,
    displaced_across,
    idps,
    stateless,
    ooc,
    hst,
    returned_refugees,
    returned_idps,
    coalesce(displaced_across, 0) - coalesce(refugees, 0) - coalesce(asylum_seekers, 0) - coalesce(oip, 0)
        as displaced_across_unexplained,
    coalesce(refugees_and_oip, 0) - coalesce(refugees, 0) - coalesce(oip, 0) as refugees_and_oip_unexplained,
    -- NULL where there is no total; one at mid-year is named by total_at_mid_year
    case
        when period = 'year-end'
            then
                forcibly_displaced + coalesce(overlap, 0) - coalesce(refugees, 0) - coalesce(unrwa_refugees, 0)
                - coalesce(asylum_seekers, 0) - coalesce(oip, 0) - coalesce(idmc_idps, 0)
    end as total_unexplained,
    period = 'mid-year' and forcibly_displaced is not null as total_at_mid_year
from country_totals
