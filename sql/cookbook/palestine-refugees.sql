-- question: How many Palestine refugees are under UNRWA's mandate, and where?
-- years: 2
-- UNRWA's series may carry terms of its own: name UNRWA. UNK is a place that is not known.
select
    year,
    asylum,
    value as unrwa_refugees
from figures
where
    indicator = 'unrwa_refugees'
    and year > (select max(year) from figures where indicator = 'unrwa_refugees') - $years
order by year desc, value desc
