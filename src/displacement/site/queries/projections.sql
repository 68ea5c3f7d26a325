-- A row is a projection: of the world's total, of each population type in the world, or of an origin.
select
    country,
    measure,
    reference_date,
    median,
    low_50,
    high_50,
    low_80,
    high_80,
    method
from projections
order by reference_date, measure <> 'forcibly_displaced', median desc
