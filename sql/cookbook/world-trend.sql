-- question: How did the published total change from year to year?
-- years: 10
-- Only published totals are compared with each other: the recomputed ones follow revisions of the past. The published
-- ones do not all count the same people (meta.scope_changes): that of 2018 left out 2.6 million Venezuelans abroad, that
-- of 2019 has them, so 8.7 million more in 2019 are some 5 million on the same scope.
select
    year,
    published_total,
    published_yearly_change
from global_totals
where period = 'year-end' and published_total is not null
order by year desc
limit $years
