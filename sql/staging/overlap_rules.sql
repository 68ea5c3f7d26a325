-- A row is a rule for people who are in two components of the total and count once.
select
    indicator,
    country,
    from_date,
    share,
    also_in,
    reason,
    source
from raw_overlap_rules
