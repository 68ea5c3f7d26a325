-- A row is a reference date: the components as the newest figures have them, and the total published for that date.
-- Mid-years carry the published total only: their components are partly carried forward and are not drawn.
-- idps_counted_once leaves out the people whom another component counts as well.
select
    reference_date,
    year,
    period,
    case when period = 'year-end' then refugees end as refugees,
    case when period = 'year-end' then unrwa_refugees end as unrwa_refugees,
    case when period = 'year-end' then asylum_seekers end as asylum_seekers,
    case when period = 'year-end' then oip end as oip,
    case when period = 'year-end' then idmc_idps end as idmc_idps,
    case when period = 'year-end' then overlap end as overlap,
    case when period = 'year-end' then idmc_idps - coalesce(overlap, 0) end as idps_counted_once,
    forcibly_displaced,
    published_total,
    published_yearly_change
from global_totals
where period = 'year-end' or published_total is not null
order by reference_date
