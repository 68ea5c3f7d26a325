-- The bridge reaches each published year-end total, and where the release of the time is at hand less than 0.1 million is
-- left over.
-- A returned row is a published total that is not reached, or not closely enough.
select
    headlines.reference_date,
    headlines.total_millions,
    headline_bridge.total_at_first,
    headline_bridge.left_over
from headlines
left join headline_bridge on headlines.reference_date = headline_bridge.reference_date
where
    headlines.period = 'year-end'
    and (
        headline_bridge.reference_date is null
        or headline_bridge.total_at_first - headline_bridge.scope + headline_bridge.rounding + headline_bridge.left_over
        <> round(headlines.total_millions * 1000000)
        or headline_bridge.total_at_first
        <> headline_bridge.refugees + headline_bridge.unrwa_refugees + headline_bridge.asylum_seekers
        + coalesce(headline_bridge.oip, 0) + headline_bridge.idmc_idps - headline_bridge.overlap
        or headline_bridge.total_at_first + headline_bridge.revisions_since <> headline_bridge.total_now
        or (headline_bridge.release is not null and abs(headline_bridge.left_over) >= 100000)
    )
