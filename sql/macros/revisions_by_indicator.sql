-- parameters: indicator
-- A row is a release and a reference date whose figures of an indicator it revised: what it was for the world before, and
-- after: revisions_by_indicator('idmc_idps').
select
    revisions.release,
    revisions.release_before,
    revisions.reference_date,
    revisions.period,
    count(*) as figures_revised,
    count(*) filter (revisions.event = 'changed') as changed,
    count(*) filter (revisions.event = 'withdrawn') as withdrawn,
    count(*) filter (revisions.event = 'returned') as returned,
    count(*) filter (revisions.event = 'added') as added,
    cast(sum(revisions.value_before) as bigint) as value_before,
    cast(sum(revisions.value_after) as bigint) as value_after,
    cast(sum(revisions.difference) as bigint) as difference
from revisions
where revisions.indicator = known_indicator(indicator)
group by revisions.release, revisions.release_before, revisions.reference_date, revisions.period
order by revisions.release, revisions.reference_date
