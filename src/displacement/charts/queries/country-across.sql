-- A row is a reference date of a country (getvariable('country')) as origin or as host (getvariable('role')): people
-- displaced across borders from it or in it, by type, UNRWA's refugees with them; and the change since the year-end
-- before where there is one.
select
    reference_date,
    year,
    period,
    refugees,
    unrwa_refugees,
    asylum_seekers,
    oip,
    coalesce(displaced_across, 0) + coalesce(unrwa_refugees, 0) as total,
    case
        when period = 'year-end' and lag(year) over years = year - 1
            then
                coalesce(displaced_across, 0) + coalesce(unrwa_refugees, 0)
                - lag(coalesce(displaced_across, 0) + coalesce(unrwa_refugees, 0)) over years
    end as change
from country_totals
where
    role = getvariable('role')
    and country = getvariable('country')
    and (displaced_across is not null or unrwa_refugees is not null)
window years as (partition by period order by reference_date)
order by reference_date
