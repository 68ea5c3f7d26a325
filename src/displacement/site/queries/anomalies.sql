-- A row is a figure or series of a place that a rule finds odd, what matters most and is newest first.
select
    reference_date,
    rule,
    weight,
    indicator,
    origin,
    asylum,
    reason
from anomalies
where origin is not null or asylum is not null
order by weight desc, reference_date desc, people desc nulls last, rule
