-- A row is a projection of displaced people at one of the next two year-ends: of an origin, or of the world in total and
-- by population type, with intervals that held half and four fifths of past errors.
-- The method is no change, unless another was better by more than chance (projection_scores) for the origins with 10,000
-- people and more, one year ahead. All rows have one method, so that the origins add up to the world's total. A
-- projection is no figure and is in no other table.
with better as (
    select min_by(method, log_error_beyond_no_change) as method
    from projection_scores
    where
        is_better_than_chance
        and basis = 'current figures'
        and cases_of = '10,000 and more'
        and compared_to = 'now'
        and horizon = 1
),

newest as (
    select
        max(release) as release,
        max(base_date) as base_date
    from projection_backtest
)

select
    projection_backtest.country,
    projection_backtest.measure,
    projection_backtest.reference_date,
    projection_backtest.base_date,
    projection_backtest.base_value,
    projection_backtest.median,
    projection_backtest.low_50,
    projection_backtest.high_50,
    projection_backtest.low_80,
    projection_backtest.high_80,
    projection_backtest.method,
    projection_backtest.release as made_with
from projection_backtest
inner join newest
    on projection_backtest.release = newest.release and projection_backtest.base_date = newest.base_date
cross join better
where projection_backtest.method = coalesce(better.method, 'no_change')
