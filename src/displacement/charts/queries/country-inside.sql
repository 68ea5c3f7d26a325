-- A row is a year-end of a country (getvariable('country')): people displaced inside it by conflict and violence as
-- IDMC estimates them, how many of them UNRWA counts as refugees too, and the change since the year-end before.
select
    reference_date,
    year,
    period,
    idmc_idps,
    overlap,
    idmc_idps as total,
    case when lag(year) over years = year - 1 then idmc_idps - lag(idmc_idps) over years end as change
from country_totals
where role = 'origin' and country = getvariable('country') and idmc_idps is not null and period = 'year-end'
window years as (order by reference_date)
order by reference_date
