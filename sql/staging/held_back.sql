-- A row is an indicator of a release that is held back, or was, and a rule of the release gate that it broke.
-- What was current before stays in the figures; while in_headline and superseded_in is NULL, forcibly_displaced is empty for
-- the reference dates that what is held back would change.
select
    raw_held_back.release,
    raw_held_back.dataset,
    raw_held_back.indicator,
    raw_held_back.rule,
    raw_held_back.sentence,
    raw_held_back.numbers,
    raw_held_back.reference_dates,
    raw_held_back.superseded_in,
    raw_headline_components.indicator is not null as in_headline
from raw_held_back
left join raw_headline_components on raw_held_back.indicator = raw_headline_components.indicator
