-- A row is a row of rankings, with the value and the cumulative share of the row before it in the same list.
select
    role,
    measure,
    reference_date,
    year,
    period,
    rank,
    country,
    country_name,
    value,
    share_of_world,
    cumulative_share,
    lag(value) over list as value_before,
    lag(cumulative_share) over list as cumulative_share_before
from rankings
window list as (partition by role, measure, reference_date order by rank, country)
