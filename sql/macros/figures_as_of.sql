-- parameters: release
-- A row is a figure as it was in a release: figures_as_of('2023-06-14').
-- An unknown release is an error that lists those known. Mid-year figures are those last published by then.
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in
from figures_history
where
    published_in <= known_release(release)
    and (superseded_in is null or superseded_in > known_release(release))
