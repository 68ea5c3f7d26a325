-- A row is a reference date of an indicator that the gate compares, and the date it is compared with: a known date with
-- itself, a new one with the newest date of its kind in the three years before it (a mid-year with a mid-year). A release
-- has every year-end up to its newest date and, of the mid-years, only its newest date; of that it must have figures.
with before_dates as (
    select
        indicator,
        reference_date,
        sum(value)::bigint as total,
        sum(hash(origin, asylum, value)) as checksum
    from before_facts
    group by indicator, reference_date
),

now_dates as (
    select
        indicator,
        reference_date,
        sum(value)::bigint as total,
        sum(hash(origin, asylum, value)) as checksum
    from now_facts
    group by indicator, reference_date
),

every_date as (
    select indicator, reference_date from before_dates
    union
    select indicator, reference_date from now_dates
    union
    select indicator, reference_date from unknown_facts
    union
    select indicator, newest from gate_subjects where newest > newest_before
),

compared as (
    select
        e.indicator,
        e.reference_date,
        b.indicator is null as is_new,
        b.checksum is distinct from n.checksum as is_changed,
        coalesce(b.total, 0) as total_before,
        coalesce(n.total, 0) as total_now
    from every_date as e
    inner join gate_subjects as s using (indicator)
    left join before_dates as b using (indicator, reference_date)
    left join now_dates as n using (indicator, reference_date)
    where
        b.indicator is null
        or s.newest is null
        or e.reference_date >= s.newest
        or strftime(e.reference_date, '%m-%d') = '12-31'
),

earlier as (
    select c.indicator, c.reference_date, max(e.reference_date) as compared_with
    from compared as c
    inner join every_date as e
        on
            e.indicator = c.indicator
            and strftime(e.reference_date, '%m-%d') = strftime(c.reference_date, '%m-%d')
            and e.reference_date < c.reference_date
            and e.reference_date >= c.reference_date - interval 3 years
    semi join before_dates as b on b.indicator = c.indicator
    where c.is_new
    group by c.indicator, c.reference_date
)

select
    c.indicator,
    c.reference_date,
    c.is_new,
    c.is_changed or c.is_new as is_changed,
    case when c.is_new then r.compared_with else c.reference_date end as compared_with,
    c.total_before,
    c.total_now
from compared as c
left join earlier as r using (indicator, reference_date)
