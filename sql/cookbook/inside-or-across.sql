-- question: How many stay in their own country, and how many cross a border?
-- inside_their_country has all whom IDMC counts; share_inside is the share as UNHCR prints it (60 per cent in 2024). Of
-- them, overlap are Palestine refugees in Gaza, whom UNRWA counts as refugees too: share_inside_only leaves them to the
-- people across a border, where UNRWA's refugees are counted (58.5 per cent in 2024).
select
    year,
    idmc_idps as inside_their_country,
    overlap,
    refugees + unrwa_refugees + asylum_seekers + oip as across_a_border_with_unrwa,
    round(idmc_idps / forcibly_displaced, 3) as share_inside,
    round((idmc_idps - overlap) / forcibly_displaced, 3) as share_inside_only
from global_totals
where period = 'year-end' and forcibly_displaced is not null and oip is not null
order by year desc
limit 5
