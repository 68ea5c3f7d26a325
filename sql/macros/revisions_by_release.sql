-- parameters: release
-- A row is an indicator that a release revised: how many figures it changed, withdrew, brought back or added, over which
-- years, and by how much they moved: revisions_by_release('2025-06-12'). The sums run over all those years and measure the size of a
-- revision: of a stock they are no number of people.
select
    revisions.indicator,
    count(*) as figures_revised,
    count(*) filter (revisions.event = 'changed') as changed,
    count(*) filter (revisions.event = 'withdrawn') as withdrawn,
    count(*) filter (revisions.event = 'returned') as returned,
    count(*) filter (revisions.event = 'added') as added,
    min(revisions.year) as first_year,
    max(revisions.year) as last_year,
    cast(sum(revisions.value_before) as bigint) as value_before,
    cast(sum(revisions.value_after) as bigint) as value_after,
    cast(sum(revisions.difference) as bigint) as difference
from revisions
where revisions.release = known_release(release)
group by revisions.indicator
order by abs(sum(revisions.difference)) desc, revisions.indicator
