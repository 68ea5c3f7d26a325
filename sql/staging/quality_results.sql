-- A row is a rule that was evaluated on a table in this build.
select
    table_name,
    rule,
    kind,
    description,
    severity,
    passed,
    rows_checked,
    rows_failed
from raw_quality_results
