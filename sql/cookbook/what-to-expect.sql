-- question: How many people displaced from Sudan are projected for the next two year-ends?
-- country: SDN
-- A projection, not a figure: of the past errors of all origins of this size, four of five lay between low_80 and high_80,
-- and half between low_50 and high_50; of one origin it can be more or fewer.
select
    reference_date,
    base_value,
    median,
    low_50,
    high_50,
    low_80,
    high_80,
    method
from projections
where country = $country and measure = 'forcibly_displaced'
order by reference_date
