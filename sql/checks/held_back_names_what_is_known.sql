-- What is held back is an indicator of the table indicators, or a dataset as a whole, which goes by its own name.
-- A returned row is held back under a name that nothing else knows.
select
    held_back.release,
    held_back.dataset,
    held_back.indicator
from held_back
left join indicators on held_back.indicator = cast(indicators.indicator as varchar)
where
    indicators.indicator is null
    and held_back.indicator <> held_back.dataset
