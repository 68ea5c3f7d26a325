-- question: How many people are forcibly displaced, and what is the total made of?
-- The five components less the people in two of them give the total; published_total is what UNHCR printed.
select
    reference_date,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    overlap,
    forcibly_displaced,
    published_total
from global_totals
where period = 'year-end' and forcibly_displaced is not null
order by reference_date desc
limit 3
