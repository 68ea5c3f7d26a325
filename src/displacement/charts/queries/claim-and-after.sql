-- A row is a published total of forcibly displaced people, at a year-end or mid-year, beside the claim: what was claimed,
-- what was claimed to be added each year, and the newest total published when the claim was made.
with claimed as (
    select
        max(value) filter (measure = 'headline_total') as claimed_total,
        max(value) filter (measure = 'headline_mean_yearly_change_3y') as claimed_change,
        min_by(claimant, made_on) as claimant,
        min(made_on) as made_on
    from claims
    where added_here is not true
),
known as (
    select max(headlines.reference_date) as claimed_for
    from headlines
    cross join claimed
    where headlines.known_on <= claimed.made_on
)
select
    headlines.reference_date,
    headlines.year,
    headlines.period,
    headlines.known_on,
    cast(round(headlines.total_millions * 1000000) as bigint) as published_total,
    claimed.claimed_total,
    claimed.claimed_change,
    claimed.claimant,
    claimed.made_on,
    known.claimed_for
from headlines
cross join claimed
cross join known
where headlines.total_millions is not null
order by headlines.reference_date
