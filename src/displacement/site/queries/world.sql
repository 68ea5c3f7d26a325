-- A row is a reference date of the world: the components, the total recomputed from the newest figures, the published.
select
    reference_date,
    year,
    period,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    overlap,
    forcibly_displaced,
    published_total,
    published_yearly_change,
    recomputed_yearly_change
from global_totals
order by reference_date
