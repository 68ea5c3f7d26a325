-- A row is an indicator: its facts of known dates that were revised, withdrawn or added by much, and its first figures
-- that were withdrawn.
with known as (
    select
        c.indicator,
        c.reference_date,
        c.origin,
        c.asylum,
        c.before,
        c.now,
        abs(coalesce(c.now, 0) - coalesce(c.before, 0)) as difference
    from gate_cells as c
    semi join gate_dates as d
        on d.indicator = c.indicator and d.reference_date = c.reference_date and not d.is_new
    where c.before is distinct from c.now and not c.is_unknown
),

large as (
    select
        k.indicator,
        count(*) as facts,
        count(*) filter (where k.now is null) as withdrawn,
        arg_max(
            format(
                '{} to {}, {}: {} → {}',
                k.origin,
                k.asylum,
                k.reference_date,
                coalesce(format('{:,}', k.before), 'none'),
                coalesce(format('{:,}', k.now), 'withdrawn')
            ),
            k.difference
        ) as largest
    from known as k
    cross join gate_limits as l
    where
        k.difference > l.large_revision_at_least
        and k.difference > l.large_revision_share * coalesce(k.before, 0)
    group by k.indicator
),

first_dates as (
    select indicator, min(reference_date) as reference_date from before_facts group by indicator
),

first_withdrawn as (
    select k.indicator, k.reference_date, count(*) as facts
    from known as k
    inner join first_dates as f using (indicator, reference_date)
    where k.now is null
    group by k.indicator, k.reference_date
)

select
    s.indicator,
    coalesce(r.facts, 0) as revised,
    coalesce(r.withdrawn, 0) as withdrawn,
    r.largest,
    w.reference_date as first_date,
    coalesce(w.facts, 0) as first_withdrawn
from gate_subjects as s
left join large as r using (indicator)
left join first_withdrawn as w using (indicator)
where r.indicator is not null or w.indicator is not null
order by s.indicator
