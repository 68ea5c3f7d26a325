-- A row is a reference date of a country (getvariable('country')) as origin: people displaced across borders from it and
-- inside it, by type; those whom UNRWA and IDMC both count are in total once. change is the difference to the year-end
-- before, where that has IDMC's figure too or neither has.
with dates as (
    select
        reference_date,
        year,
        period,
        refugees,
        unrwa_refugees,
        asylum_seekers,
        oip,
        idmc_idps,
        idmc_idps - coalesce(overlap, 0) as idps_counted_once,
        overlap,
        coalesce(displaced_across, 0)
        + coalesce(unrwa_refugees, 0)
        + coalesce(idmc_idps, 0)
        - coalesce(overlap, 0) as total
    from country_totals
    where
        role = 'origin'
        and country = getvariable('country')
        and coalesce(displaced_across, unrwa_refugees, idmc_idps) is not null
)

select
    reference_date,
    year,
    period,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    idmc_idps,
    idps_counted_once,
    overlap,
    total,
    case
        when
            period = 'year-end'
            and lag(year) over years = year - 1
            and (idmc_idps is null) = (lag(idmc_idps) over years is null)
            then total - lag(total) over years
    end as change
from dates
window years as (partition by period order by reference_date)
order by reference_date
