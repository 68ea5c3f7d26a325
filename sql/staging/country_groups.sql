-- A row is a country's membership in a group, with its first and last day.
select
    group_code,
    group_name,
    country,
    member_from,
    member_until,
    source
from raw_country_groups
