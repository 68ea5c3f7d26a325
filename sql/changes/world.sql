-- A row is an indicator and a reference date of the world of which at least one figure differs between two states of
-- the figures, `earlier` and `later` (indicator, reference_date, origin, asylum, value): the sums over all origins
-- and places before and after, and how many figures are new, revised and withdrawn.
select
    coalesce(later.indicator, earlier.indicator) as indicator,
    coalesce(later.reference_date, earlier.reference_date) as reference_date,
    cast(sum(earlier.value) as bigint) as value_before,
    cast(sum(later.value) as bigint) as value_after,
    count(*) filter (earlier.value is null) as figures_new,
    count(*) filter (earlier.value <> later.value) as figures_revised,
    count(*) filter (later.value is null) as figures_withdrawn
from earlier
full outer join later
    on
        earlier.indicator = later.indicator
        and earlier.reference_date = later.reference_date
        and earlier.origin = later.origin
        and earlier.asylum = later.asylum
group by all
having figures_new + figures_revised + figures_withdrawn > 0
order by reference_date desc, indicator
