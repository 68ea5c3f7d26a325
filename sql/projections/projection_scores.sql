-- A row is how well a method projected a group of cases in a backtest, compared with what was first published or with
-- what is current now; and whether it was better than no change by more than chance.
-- The paired test takes the difference of the absolute logarithmic errors of a method and of no change, case by case:
-- once as means of countries, once as means of years, since cases of one country or year err together. Better than chance
-- is a method whose two statistics, where there are two, lie below -3, in at least 10 years: six methods are tried.
with cases as (
    select
        projection_backtest.*,
        unnest(['first', 'now']) as compared_to,
        unnest([value_first, value_now]) as followed
    from projection_backtest
    left join countries on projection_backtest.country = cast(countries.iso3 as varchar)
    where coalesce(countries.kind, 'world') not in ('unknown', 'stateless')
),

grouped as (
    select
        size_class as cases_of,
        *
    from cases
    union all
    select
        '10,000 and more' as cases_of,
        *
    from cases
    where country <> 'world' and size_class <> 'under 10,000'
    union all
    select
        '27 origins' as cases_of,
        cases.*
    from cases
    inner join forecast_scopes
        on forecast_scopes.scope = 'origins-27' and cases.country = cast(forecast_scopes.iso3 as varchar)
),

scored as (
    select
        grouped.*,
        abs(ln(grouped.followed / grouped.median)) as log_error,
        abs(grouped.followed - grouped.median) as error
    from grouped
    where grouped.followed is not null and (grouped.basis = 'as known' or grouped.compared_to = 'now')
),

compared as (
    select
        scored.*,
        scored.log_error - no_change.log_error as beyond
    from scored
    inner join scored as no_change
        on
            no_change.method = 'no_change'
            and scored.basis = no_change.basis
            and scored.cases_of = no_change.cases_of
            and scored.compared_to = no_change.compared_to
            and scored.country = no_change.country
            and scored.measure = no_change.measure
            and scored.base_date = no_change.base_date
            and scored.horizon = no_change.horizon
),

by_country as (
    select
        basis, cases_of, compared_to, horizon, method, country, measure, avg(beyond) as beyond
    from compared
    group by basis, cases_of, compared_to, horizon, method, country, measure
),

by_year as (
    select
        basis, cases_of, compared_to, horizon, method, base_date, avg(beyond) as beyond
    from compared
    group by basis, cases_of, compared_to, horizon, method, base_date
),

of_countries as (
    select
        basis,
        cases_of,
        compared_to,
        horizon,
        method,
        avg(beyond) / nullif(stddev_samp(beyond) / sqrt(count(beyond)), 0) as t_of_countries
    from by_country
    group by basis, cases_of, compared_to, horizon, method
    having count(beyond) > 5
),

of_years as (
    select
        basis,
        cases_of,
        compared_to,
        horizon,
        method,
        avg(beyond) / nullif(stddev_samp(beyond) / sqrt(count(beyond)), 0) as t_of_years,
        count(beyond) as years
    from by_year
    group by basis, cases_of, compared_to, horizon, method
),

measured as (
    select
        basis,
        cases_of,
        compared_to,
        horizon,
        method,
        count(error) as cases,
        avg(case when error <= 0.1 * followed then 1.0 else 0.0 end) as share_within_10_percent,
        avg(error / followed) as mean_share_off,
        median(error / followed) as median_share_off,
        avg(error / nullif(usual_change, 0)) as mean_scaled_error,
        avg(
            (
                greatest(0.1 * (followed - low_80), 0.9 * (low_80 - followed))
                + greatest(0.25 * (followed - low_50), 0.75 * (low_50 - followed))
                + 0.5 * error
                + greatest(0.75 * (followed - high_50), 0.25 * (high_50 - followed))
                + greatest(0.9 * (followed - high_80), 0.1 * (high_80 - followed))
            ) / 5 / followed
        ) as pinball_loss,
        avg(case when followed between low_50 and high_50 then 1.0 else 0.0 end) as coverage_50,
        avg(case when followed between low_80 and high_80 then 1.0 else 0.0 end) as coverage_80,
        median((high_80 - low_80) / median) as width_80,
        avg(beyond) as log_error_beyond_no_change
    from compared
    group by basis, cases_of, compared_to, horizon, method
)

select
    measured.basis,
    measured.cases_of,
    measured.compared_to,
    measured.horizon,
    measured.method,
    measured.cases,
    measured.share_within_10_percent,
    measured.mean_share_off,
    measured.median_share_off,
    measured.mean_scaled_error,
    measured.pinball_loss,
    measured.coverage_50,
    measured.coverage_80,
    measured.width_80,
    measured.log_error_beyond_no_change,
    of_countries.t_of_countries,
    of_years.t_of_years,
    coalesce(
        measured.log_error_beyond_no_change < 0
        and of_years.years >= 10
        and of_years.t_of_years < -3
        and coalesce(of_countries.t_of_countries, -4) < -3,
        false
    ) as is_better_than_chance
from measured
inner join of_years using (basis, cases_of, compared_to, horizon, method)
left join of_countries using (basis, cases_of, compared_to, horizon, method)
