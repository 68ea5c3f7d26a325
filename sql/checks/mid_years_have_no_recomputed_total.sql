-- A mid-year never has a recomputed total: no publisher counts internally displaced people at 30 June.
-- A returned row is a mid-year that has one, in the world's table or in a country's.
select
    'world' as country,
    reference_date,
    forcibly_displaced
from global_totals
where period = 'mid-year' and forcibly_displaced is not null
union all
select
    country,
    reference_date,
    forcibly_displaced
from country_totals
where period = 'mid-year' and forcibly_displaced is not null
