-- question: What do the mid-year figures say of refugees in Poland, beside the year-ends?
-- asylum: POL
-- years: 4
-- A mid-year figure stays as last published; later releases no longer carry it. Compare mid-years with mid-years.
select
    year,
    max(refugees) filter (period = 'mid-year') as refugees_on_30_june,
    max(refugees) filter (period = 'year-end') as refugees_on_31_december
from country_totals
where country = $asylum and role = 'asylum' and year > (select max(year) from country_totals) - $years
group by year
order by year
