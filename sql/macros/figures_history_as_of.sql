-- parameters: release
-- A row is a value of a figure with the span of releases in which it was current, as far as was known in a release:
-- figures_history_as_of('2023-06-14'). What a later release superseded is still current in it.
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in,
    case when superseded_in <= known_release(release) then superseded_in end as superseded_in
from figures_history
where published_in <= known_release(release)
