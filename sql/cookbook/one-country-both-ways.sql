-- question: How many people fled from Colombia, within it and to it?
-- country: COL
-- One row a role: people of the country wherever they are, and people in it wherever they are from. The total is the sum
-- of the five less overlap, whom UNRWA and IDMC both count.
select
    role,
    reference_date,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    overlap,
    forcibly_displaced
from country_totals
where
    country = $country
    and reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by role
