-- question: How did the number of refugees from Sudan come to grow?
-- country: SDN
-- years: 4
-- stock_before + newly_recognised - returned - naturalised - resettled = stock_after + remainder. The remainder is what
-- no table explains: corrections, departures nobody recorded, people counted again.
select
    year,
    stock_before,
    newly_recognised,
    returned,
    naturalised,
    resettled,
    remainder,
    stock_after
from yearly_change
where country = $country and role = 'origin' and stock_after is not null
order by year desc
limit $years
