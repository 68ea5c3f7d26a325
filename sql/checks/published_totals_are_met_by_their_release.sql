-- Each published year-end total is met to 0.1 million by the figures of the release that published it.
-- The total is computed here a second time, from the history, so that it guards global_totals, too.
-- A release of which a component is held back does not give its total, and is passed over.
-- A returned row is a published total that its own release does not give.
with own_release as (
    select
        headlines.reference_date,
        headlines.total_millions,
        min(releases.release) as release
    from headlines
    inner join releases on headlines.title = releases.title
    left join held_back on releases.release = held_back.release and held_back.in_headline
    where headlines.period = 'year-end' and held_back.release is null
    group by headlines.reference_date, headlines.total_millions
),

components as (
    select
        own_release.reference_date,
        own_release.release,
        own_release.total_millions,
        figures_history.value * (1 - coalesce(overlap_rules.share, 0)) as counted_once
    from own_release
    inner join figures_history
        on
            own_release.reference_date = figures_history.reference_date
            and figures_history.published_in <= own_release.release
            and (
                figures_history.superseded_in is null
                or figures_history.superseded_in > own_release.release
            )
    inner join headline_components on figures_history.indicator = headline_components.indicator
    left join overlap_rules
        on
            figures_history.indicator = overlap_rules.indicator
            and figures_history.asylum = overlap_rules.country
            and figures_history.reference_date >= overlap_rules.from_date
)

select
    reference_date,
    release,
    total_millions,
    sum(counted_once) / 1000000 as recomputed_millions
from components
group by reference_date, release, total_millions
having abs(sum(counted_once) / 1000000 - total_millions) > 0.1
