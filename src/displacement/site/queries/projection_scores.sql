-- A row is how well no change did one year ahead, for a group of origins or the world, in one of the two backtests.
select
    basis,
    cases_of,
    cases,
    share_within_10_percent,
    coverage_50,
    coverage_80
from projection_scores
where
    method = 'no_change'
    and horizon = 1
    and compared_to = 'now'
    and cases_of in ('10,000 and more', '1 million and more', 'world total')
order by basis, list_position(['10,000 and more', '1 million and more', 'world total'], cases_of)
