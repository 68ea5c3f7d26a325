-- question: Which figures were withdrawn and never came back?
-- least: 100000
-- A withdrawn figure is in no table of current figures; its last value is in figures_history. Persons only.
select
    revisions.release as withdrawn_in,
    revisions.indicator,
    revisions.reference_date,
    revisions.origin,
    revisions.asylum,
    revisions.value_before as last_value
from revisions
inner join indicators on revisions.indicator = indicators.indicator
left join figures
    on
        revisions.indicator = figures.indicator
        and revisions.reference_date = figures.reference_date
        and revisions.origin = figures.origin
        and revisions.asylum = figures.asylum
where
    revisions.event = 'withdrawn'
    and figures.value is null
    and indicators.unit = 'persons'
    and revisions.value_before >= $least
order by revisions.value_before desc, revisions.reference_date desc
