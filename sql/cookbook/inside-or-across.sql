-- question: How many stay in their own country, and how many cross a border?
-- UNRWA's refugees are counted across borders here, as in UNHCR's own texts.
select
    year,
    idmc_idps - overlap as inside_their_country,
    refugees + unrwa_refugees + asylum_seekers + oip as across_a_border,
    round((idmc_idps - overlap) / forcibly_displaced, 3) as share_inside
from global_totals
where period = 'year-end' and forcibly_displaced is not null and oip is not null
order by year desc
limit 5
