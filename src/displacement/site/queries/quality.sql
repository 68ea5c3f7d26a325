-- A row is a rule of this build and how it came out.
select
    table_name,
    rule,
    description,
    severity,
    passed,
    rows_failed
from meta.quality_results
order by table_name, rule
