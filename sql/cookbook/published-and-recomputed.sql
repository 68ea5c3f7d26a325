-- question: Why does the total recomputed today differ from the one that was published?
-- years: 4
-- total_at_first is made of the figures of the release of the time; revisions_since is what later releases changed.
select
    year,
    published_total,
    total_at_first,
    rounding,
    left_over,
    total_now,
    revisions_since,
    idmc_idps_since
from headline_bridge
where release is not null
order by year desc
limit $years
