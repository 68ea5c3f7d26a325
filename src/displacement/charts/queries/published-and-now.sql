-- A row is a year-end with a published total: the total as it was published for that date, and the total that the newest
-- figures give for it by the same rule; their difference is what revisions, scope and rounding changed since.
select
    global_totals.reference_date,
    global_totals.year,
    headlines.title,
    global_totals.published_total,
    global_totals.forcibly_displaced,
    global_totals.forcibly_displaced - global_totals.published_total as difference
from global_totals
inner join headlines on global_totals.reference_date = headlines.reference_date
where
    global_totals.period = 'year-end'
    and global_totals.published_total is not null
    and global_totals.forcibly_displaced is not null
order by global_totals.reference_date
