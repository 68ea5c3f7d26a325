-- A row is a date that changed whose facts are those of another date of the release before, at most thirteen months away:
-- how many facts are the same, of how many.
with changed as (
    select indicator, reference_date, origin, asylum, now as value
    from gate_cells
    where now is not null
),

counted as (
    select indicator, reference_date, count(*) as facts from changed group by indicator, reference_date
),

counted_before as (
    select indicator, reference_date, count(*) as facts from before_facts group by indicator, reference_date
),

alike as (
    select c.indicator, c.reference_date, b.reference_date as other_date, count(*) as facts
    from changed as c
    inner join before_facts as b
        on b.indicator = c.indicator and b.origin = c.origin and b.asylum = c.asylum and b.value = c.value
    where
        b.reference_date <> c.reference_date
        and b.reference_date between c.reference_date - interval 13 months and c.reference_date + interval 13 months
    group by c.indicator, c.reference_date, b.reference_date
)

select
    a.indicator,
    a.reference_date,
    a.other_date,
    a.facts as facts_alike,
    greatest(c.facts, b.facts) as facts
from alike as a
inner join counted as c using (indicator, reference_date)
inner join counted_before as b on b.indicator = a.indicator and b.reference_date = a.other_date
cross join gate_limits as l
where
    greatest(c.facts, b.facts) >= l.copied_date_at_least
    and a.facts >= l.copied_date_share * greatest(c.facts, b.facts)
order by a.indicator, a.reference_date, a.facts desc, a.other_date
