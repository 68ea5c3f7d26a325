-- Projections are whole: positive medians, intervals inside one another, and origins that add up to the world's total.
-- A returned row is a projection that is not, or a year-end at which the origins differ from the world.
select
    country,
    measure,
    reference_date,
    median,
    low_80,
    high_80
from projections
where not (low_80 <= low_50 and low_50 <= median and median <= high_50 and high_50 <= high_80 and low_80 >= 0 and median > 0)
union all
select
    'world' as country,
    measure,
    reference_date,
    sum(case country when 'world' then -median else median end) as median,
    min(low_80) as low_80,
    max(high_80) as high_80
from projections
where measure = 'forcibly_displaced'
group by measure, reference_date
having abs(sum(case country when 'world' then -median else median end)) > count(median)
