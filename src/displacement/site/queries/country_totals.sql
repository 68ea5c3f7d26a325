-- A row is a country, a role and a reference date, with every population type that has a figure.
select
    country,
    role,
    reference_date,
    period,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    idps,
    stateless,
    ooc,
    hst,
    returned_refugees,
    returned_idps,
    overlap,
    forcibly_displaced,
    refugees_and_oip,
    displaced_across
from country_totals
order by country, role, reference_date
