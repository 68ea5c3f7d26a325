-- A row is a total as it was published.
select
    reference_date,
    period,
    title,
    known_on,
    cast(round(total_millions * 1000000) as bigint) as total,
    source,
    standing,
    evidence,
    url
from headlines
order by reference_date
