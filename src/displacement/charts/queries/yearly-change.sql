-- A row is a year-end: the change of the published total since the year-end before, its mean over three years, and the
-- change a year that the claim speaks of. Mid-years are left out: they are not compared with year-ends.
with claimed as (
    select
        min_by(claimant, made_on) as claimant,
        min_by(value, made_on) as claimed_change,
        min(made_on) as claim_made_on
    from claims
    where measure = 'headline_mean_yearly_change_3y' and added_here is not true
),
published as (
    select
        reference_date,
        year,
        published_total,
        published_yearly_change,
        published_total - lag(published_total, 3) over years as change_over_three_years,
        year - lag(year, 3) over years as years_between
    from global_totals
    where period = 'year-end' and published_total is not null
    window years as (order by reference_date)
)
select
    published.reference_date,
    published.year,
    published.published_total,
    published.published_yearly_change,
    case
        when published.years_between = 3 then cast(round(published.change_over_three_years / 3) as bigint)
    end as mean_of_three_years,
    claimed.claimed_change,
    claimed.claimant,
    claimed.claim_made_on
from published
cross join claimed
where published.published_yearly_change is not null
order by published.reference_date
