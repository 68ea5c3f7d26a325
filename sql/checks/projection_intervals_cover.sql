-- severity: warning
-- The 80 per cent intervals of the published method hold between 72 and 88 per cent of the cases they were not made from.
-- A returned row is a backtest and a horizon of the origins with 10,000 people and more in which they did not.
select
    projection_scores.basis,
    projection_scores.compared_to,
    projection_scores.horizon,
    projection_scores.method,
    projection_scores.coverage_80
from projection_scores
inner join (select distinct method from projections) as published on projection_scores.method = published.method
where projection_scores.cases_of = '10,000 and more' and projection_scores.coverage_80 not between 0.72 and 0.88
