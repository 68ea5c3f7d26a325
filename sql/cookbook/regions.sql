-- question: How many people displaced across borders does each region host, and how many did it host ten years before?
-- years: 10
-- UNHCR's regions; 'no region' holds those whose place is not known, so that the regions add up to the world.
-- Asylum-seekers have a country only from 2000 on: a comparison with a year before is one of unlike numbers.
select
    now.region,
    before.displaced_across as displaced_before,
    now.displaced_across as displaced_now
from region_totals as now
left join region_totals as before
    on
        now.region_scheme = before.region_scheme
        and now.region = before.region
        and now.role = before.role
        and before.reference_date = make_date(now.year - $years, 12, 31)
where
    now.region_scheme = 'unhcr'
    and now.role = 'asylum'
    and now.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by displaced_now desc nulls last
