-- The current figures are those of the newest release: restoring it from the history gives them, row for row.
-- A returned row is a figure that is in one and not in the other.
with newest as (
    select max(release) as release
    from releases
),

restored as (
    select
        figures_history.indicator,
        figures_history.reference_date,
        figures_history.origin,
        figures_history.asylum,
        figures_history.value,
        figures_history.published_in
    from figures_history
    cross join newest
    where
        figures_history.published_in <= newest.release
        and (figures_history.superseded_in is null or figures_history.superseded_in > newest.release)
)

select
    coalesce(figures.indicator, restored.indicator) as indicator,
    coalesce(figures.reference_date, restored.reference_date) as reference_date,
    coalesce(figures.origin, restored.origin) as origin,
    coalesce(figures.asylum, restored.asylum) as asylum,
    figures.value as figure,
    restored.value as restored
from figures
full join restored
    on
        figures.indicator = restored.indicator
        and figures.reference_date = restored.reference_date
        and figures.origin = restored.origin
        and figures.asylum = restored.asylum
        and figures.published_in = restored.published_in
where figures.value is distinct from restored.value
