-- A row is a figure that was revised or withdrawn between two states of the figures, `earlier` and `later`, the
-- largest difference first. value_after is NULL where the figure was withdrawn. New figures are not here: those of a
-- new reference date are no revisions.
select
    earlier.indicator,
    earlier.reference_date,
    earlier.origin,
    earlier.asylum,
    earlier.value as value_before,
    later.value as value_after
from earlier
left outer join later
    on
        earlier.indicator = later.indicator
        and earlier.reference_date = later.reference_date
        and earlier.origin = later.origin
        and earlier.asylum = later.asylum
where later.value is distinct from earlier.value
order by
    abs(coalesce(later.value, 0) - earlier.value) desc,
    earlier.indicator,
    earlier.reference_date,
    earlier.origin,
    earlier.asylum
limit 40
