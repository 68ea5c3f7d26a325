-- A row is a flow of a country of asylum that is published under a year and covers less of it: up to covers_to. It is
-- one of meta.partial_year_reviews while the figures of the country add up to the value that was reviewed, so that it
-- ends by itself when the publisher completes the year. What else looks like it is in anomalies, by the rule
-- equals_mid_year.
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
inner join (
    select distinct
        figures.indicator,
        figures.asylum,
        figures.year
    from figures
    where figures.is_partial_year
) as marked
    on
        partial_year_reviews.indicator = marked.indicator
        and partial_year_reviews.asylum = marked.asylum
        and partial_year_reviews.year = marked.year
