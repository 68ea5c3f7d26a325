-- A row is a current figure.
-- The values no later release has superseded. A flow that is reviewed as partial (meta.partial_year_reviews) is marked
-- while the country's figures add up to the value that was reviewed.
with partial as (
    select
        figures_history.indicator,
        figures_history.asylum,
        figures_history.reference_date
    from partial_year_reviews
    inner join figures_history
        on
            partial_year_reviews.indicator = figures_history.indicator
            and partial_year_reviews.asylum = figures_history.asylum
            and make_date(partial_year_reviews.year, 12, 31) = figures_history.reference_date
    where figures_history.superseded_in is null
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
where figures_history.superseded_in is null
