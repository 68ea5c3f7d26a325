-- A row is a rule that finds odd figures, with its thresholds and the real case that set them.
select
    rule,
    weight,
    description,
    indicators,
    minimum,
    minimum_share,
    set_by
from raw_anomaly_rules
