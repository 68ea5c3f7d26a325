-- question: Does any method project displacement better than no change?
-- One year ahead, for origins with 10,000 displaced people and more. Better than chance asks for both statistics below -3.
select
    basis,
    method,
    cases,
    round(share_within_10_percent, 2) as within_10_percent,
    round(median_share_off, 3) as median_off,
    round(coverage_80, 2) as coverage_80,
    round(t_of_countries, 1) as t_of_countries,
    round(t_of_years, 1) as t_of_years,
    is_better_than_chance
from projection_scores
where cases_of = '10,000 and more' and horizon = 1 and compared_to = 'now'
order by basis, log_error_beyond_no_change
