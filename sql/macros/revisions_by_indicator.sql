-- parameters: indicator
-- A row is a release and a reference date whose figures of an indicator it revised, with the sums of the figures it revised
-- before and after, not of the world: revisions_by_indicator('idmc_idps'). For the world see figures_as_of(release).
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
