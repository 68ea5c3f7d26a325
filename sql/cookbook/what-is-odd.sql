-- question: What is odd in the figures of the newest year-end?
-- n: 10
-- What rules find, by how much it matters. Odd is not wrong: it is what to look into before quoting a trend.
select
    rank,
    rule,
    indicator,
    origin,
    asylum,
    reason
from anomalies
where reference_date = (select max(reference_date) from global_totals where period = 'year-end') and rank <= $n
order by rank
