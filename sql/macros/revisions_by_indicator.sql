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
    sum(revisions.value_before) as value_before,
    sum(revisions.value_after) as value_after,
    sum(revisions.difference) as difference
from revisions
where revisions.indicator = known_indicator(indicator)
group by revisions.release, revisions.release_before, revisions.reference_date, revisions.period
order by revisions.release, revisions.reference_date
