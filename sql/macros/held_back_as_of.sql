-- parameters: release
-- A row is an indicator that was held back when a release was the newest: held_back_as_of('2026-06-12').
-- What a later release superseded was still held then.
select
    held_back.release,
    held_back.dataset,
    held_back.indicator,
    held_back.rule,
    held_back.sentence,
    held_back.numbers,
    held_back.reference_dates,
    cast(null as date) as superseded_in,
    held_back.in_headline
from held_back
where
    held_back.release <= known_release(release)
    and (held_back.superseded_in is null or held_back.superseded_in > known_release(release))
