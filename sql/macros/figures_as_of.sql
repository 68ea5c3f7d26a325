-- parameters: release
-- A row is a figure as it was in a release: figures_as_of('2023-06-14').
-- An unknown release is an error that lists those known. Mid-year figures are those last published by then.
with partial as (
    select
        figures_history.indicator,
        figures_history.asylum,
        figures_history.reference_date
    from meta.partial_year_reviews as partial_year_reviews
    inner join figures_history
        on
            partial_year_reviews.indicator = figures_history.indicator
            and partial_year_reviews.asylum = figures_history.asylum
            and make_date(partial_year_reviews.year, 12, 31) = figures_history.reference_date
    where
        figures_history.published_in <= known_release(release)
        and (figures_history.superseded_in is null or figures_history.superseded_in > known_release(release))
    group by figures_history.indicator, figures_history.asylum, figures_history.reference_date, partial_year_reviews.value
    having sum(figures_history.value) = partial_year_reviews.value
)

select
    figures_history.indicator,
    figures_history.reference_date,
    figures_history.year,
    figures_history.period,
    figures_history.origin,
    figures_history.asylum,
    figures_history.value,
    figures_history.published_in,
    partial.indicator is not null as is_partial_year
from figures_history
left join partial
    on
        figures_history.indicator = partial.indicator
        and figures_history.asylum = partial.asylum
        and figures_history.reference_date = partial.reference_date
where
        figures_history.published_in <= known_release(release)
        and (figures_history.superseded_in is null or figures_history.superseded_in > known_release(release))
