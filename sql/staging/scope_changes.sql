-- A row is a component that a published total left out and the recomputed total counts.
select
    reference_date,
    indicator,
    effect,
    reason,
    source
from raw_scope_changes
