-- A row is a year of a whole table of the release before, or the table where it does not go by years: rows before and now.
select
    b.dataset,
    b.reference_date,
    b.rows as rows_before,
    coalesce(n.rows, 0) as rows_now
from before_rows as b
left join now_rows as n
    on n.dataset = b.dataset and n.reference_date is not distinct from b.reference_date
