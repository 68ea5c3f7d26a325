-- A row is a value of a figure with the span of releases in which it was current.
-- Taken from the ledger as it is, with the year and the period of the reference date beside it.
select
    indicator,
    reference_date,
    year(reference_date) as year,
    case when month(reference_date) = 6 then 'mid-year' else 'year-end' end as period,
    origin,
    asylum,
    value,
    published_in,
    superseded_in
from raw_figures
