-- A row is a reference date of an indicator that the gate compares: facts, countries and people before and now, people
-- missing from where they were and people added elsewhere, people of corridors that are gone and of those that are new or
-- a multiple of what they were, and people found where they were with the sides exchanged.
-- Facts of which a row is in quarantine are left out of the sums, so that nothing falls by them.
with unknown as (
    select indicator, reference_date, count(*) as facts from unknown_facts group by indicator, reference_date
),

exchanged as (
    select a.indicator, a.reference_date, sum(least(a.before, b.now))::bigint as people
    from gate_cells as a
    inner join gate_cells as b
        on
            b.indicator = a.indicator
            and b.reference_date = a.reference_date
            and b.origin = a.asylum
            and b.asylum = a.origin
    where a.origin <> a.asylum and a.before is not null and b.now is not null
    group by a.indicator, a.reference_date
)

select
    d.indicator,
    d.reference_date,
    d.compared_with,
    d.is_new,
    d.is_changed,
    count(c.before) as facts_before,
    count(c.now) as facts_now,
    count(*) filter (where c.before is not null and c.now is null and not c.is_unknown) as facts_lost,
    any_value(coalesce(u.facts, 0)) as facts_unknown,
    count(distinct c.origin) filter (where c.before is not null) as origins_before,
    count(distinct c.origin) filter (where c.now is not null or c.is_unknown) as origins_now,
    count(distinct c.asylum) filter (where c.before is not null) as asylums_before,
    count(distinct c.asylum) filter (where c.now is not null or c.is_unknown) as asylums_now,
    case
        when d.is_changed then coalesce(sum(c.before) filter (where not c.is_unknown), 0) else d.total_before
    end::bigint as total_before,
    case
        when d.is_changed then coalesce(sum(c.now) filter (where not c.is_unknown), 0) else d.total_now
    end::bigint as total_now,
    coalesce(sum(greatest(c.before - coalesce(c.now, 0), 0)) filter (where not c.is_unknown), 0)::bigint as missing,
    coalesce(sum(greatest(c.now - coalesce(c.before, 0), 0)), 0)::bigint as added,
    coalesce(sum(c.before) filter (where c.now is null and not c.is_unknown), 0)::bigint as gone,
    coalesce(sum(c.now - coalesce(c.before, 0)) filter (where c.now >= l.country_moved_factor * coalesce(c.before, 0)), 0)
    ::bigint as multiplied,
    any_value(coalesce(e.people, 0)) as exchanged
from gate_dates as d
cross join gate_limits as l
left join gate_cells as c using (indicator, reference_date)
left join unknown as u using (indicator, reference_date)
left join exchanged as e using (indicator, reference_date)
group by d.indicator, d.reference_date, d.compared_with, d.is_new, d.is_changed, d.total_before, d.total_now
order by d.indicator, d.reference_date
