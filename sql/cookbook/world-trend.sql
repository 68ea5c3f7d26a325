-- question: How did the published total change from year to year?
-- years: 10
-- Only published totals are compared with each other: the recomputed ones follow revisions of the past.
select
    year,
    published_total,
    published_yearly_change
from global_totals
where period = 'year-end' and published_total is not null
order by year desc
limit $years
