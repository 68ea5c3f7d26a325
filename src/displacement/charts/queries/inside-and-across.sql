-- A row is a year-end for which both are known: people displaced inside their country and people displaced across
-- borders, recomputed from the newest figures; and the figure for inside as it was published for that date.
select
    global_totals.reference_date,
    global_totals.year,
    global_totals.idmc_idps as inside,
    global_totals.forcibly_displaced + coalesce(global_totals.overlap, 0) - global_totals.idmc_idps as across,
    global_totals.overlap,
    cast(round(headlines.idmc_idps_millions * 1000000) as bigint) as inside_as_published,
    global_totals.published_total
from global_totals
left join headlines on global_totals.reference_date = headlines.reference_date
where global_totals.period = 'year-end' and global_totals.forcibly_displaced is not null
order by global_totals.reference_date
