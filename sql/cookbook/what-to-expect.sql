-- question: How many people displaced from Sudan are projected for the next two year-ends?
-- country: SDN
-- A projection, not a figure: four of five past errors lay between low_80 and high_80, half between low_50 and high_50.
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
