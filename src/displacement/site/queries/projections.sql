-- A row is a projection for the world: the total first, then each population type.
select
    measure,
    reference_date,
    median,
    low_50,
    high_50,
    low_80,
    high_80,
    method
from projections
where country = 'world'
order by reference_date, measure <> 'forcibly_displaced', median desc
