-- A row is a fact of a date that the gate compares and finds changed: its value before and now. A fact of which a row is
-- in quarantine has no value now and is unknown, which is no loss. What a new date is compared with is as it was before;
-- where the release is the first to have that date too, as the release has it.
with changed as (
    select indicator, reference_date, compared_with from gate_dates where is_changed
),

before_dates as (
    select distinct indicator, reference_date from before_facts
),

was as (
    select d.indicator, d.reference_date, f.origin, f.asylum, f.value
    from changed as d
    inner join before_facts as f on f.indicator = d.indicator and f.reference_date = d.compared_with
    union all
    select d.indicator, d.reference_date, f.origin, f.asylum, f.value
    from changed as d
    inner join now_facts as f on f.indicator = d.indicator and f.reference_date = d.compared_with
    anti join before_dates as b on b.indicator = d.indicator and b.reference_date = d.compared_with
),

has as (
    select f.indicator, f.reference_date, f.origin, f.asylum, f.value
    from now_facts as f
    semi join changed as d on d.indicator = f.indicator and d.reference_date = f.reference_date
),

cells as (
    select
        indicator,
        reference_date,
        origin,
        asylum,
        was.value as before,
        has.value as now
    from was
    full outer join has using (indicator, reference_date, origin, asylum)
)

select
    c.indicator,
    c.reference_date,
    c.origin,
    c.asylum,
    c.before,
    c.now,
    u.indicator is not null as is_unknown
from cells as c
left join unknown_facts as u
    on
        u.indicator = c.indicator
        and u.reference_date = c.reference_date
        and u.origin = c.origin
        and u.asylum = c.asylum
