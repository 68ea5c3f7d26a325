-- A row is a flow of a country of asylum that is published under a year and covers less of it: up to covers_to. It is
-- one of meta.partial_year_reviews while the figures of the country add up to the value that was reviewed, so that it
-- ends by itself when the publisher completes the year. What else looks like it is in anomalies, by the rule
-- equals_mid_year.
with summed as (
    select
        indicator,
        asylum,
        year,
        sum(value) as value
    from figures
    where period = 'year-end'
    group by indicator, asylum, year
)

select
    partial_year_reviews.indicator,
    partial_year_reviews.asylum,
    partial_year_reviews.year,
    partial_year_reviews.covers_from,
    partial_year_reviews.covers_to,
    partial_year_reviews.value,
    partial_year_reviews.reason,
    partial_year_reviews.source
from partial_year_reviews
inner join summed
    on
        partial_year_reviews.indicator = summed.indicator
        and partial_year_reviews.asylum = summed.asylum
        and partial_year_reviews.year = summed.year
        and partial_year_reviews.value = summed.value
