-- A row is a published year-end total, and how it is reached from the five components.
-- published_total = total_at_first - scope + rounding + left_over. At first means: with the figures of the total's own
-- release, where one is at hand and nothing of the total is held back (from the end of 2022 on), and else with the current figures. scope is whom the
-- recomputed total counts and the published one left out (scope_changes); rounding is what printing to 0.1 million
-- explains, at most half of that; left_over is the rest: before 2022 above all what was revised since. The columns ending
-- in _since are the component now less at first, or less its printed part where no release of the time is at hand.
with totals as (
    select
        headlines.reference_date,
        headlines.year,
        headlines.title,
        min(releases.release) as release,
        headlines.total_millions,
        headlines.unhcr_refugees_millions,
        headlines.unrwa_refugees_millions,
        headlines.asylum_seekers_millions,
        headlines.oip_millions,
        headlines.idmc_idps_millions
    from headlines
    left join releases
        on
            headlines.title = releases.title
            and releases.release not in (select held_back.release from held_back where held_back.in_headline)
    where headlines.period = 'year-end'
    group by
        headlines.reference_date,
        headlines.year,
        headlines.title,
        headlines.total_millions,
        headlines.unhcr_refugees_millions,
        headlines.unrwa_refugees_millions,
        headlines.asylum_seekers_millions,
        headlines.oip_millions,
        headlines.idmc_idps_millions
),

released_figures as (
    select
        totals.reference_date,
        figures_history.indicator,
        sum(figures_history.value) as value,
        sum(overlap_rules.share * figures_history.value) as overlap
    from totals
    inner join figures_history
        on
            totals.reference_date = figures_history.reference_date
            and figures_history.published_in <= totals.release
            and (figures_history.superseded_in is null or figures_history.superseded_in > totals.release)
    left join overlap_rules
        on
            figures_history.indicator = overlap_rules.indicator
            and figures_history.asylum = overlap_rules.country
            and figures_history.reference_date >= overlap_rules.from_date
    where figures_history.indicator in ('refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps')
    group by totals.reference_date, figures_history.indicator
),

released as (
    select
        released_figures.reference_date,
        max(released_figures.value) filter (released_figures.indicator = 'refugees') as refugees,
        max(released_figures.value) filter (released_figures.indicator = 'unrwa_refugees') as unrwa_refugees,
        max(released_figures.value) filter (released_figures.indicator = 'asylum_seekers') as asylum_seekers,
        max(released_figures.value) filter (released_figures.indicator = 'oip') as oip,
        max(released_figures.value) filter (released_figures.indicator = 'idmc_idps') as idmc_idps,
        cast(round(coalesce(sum(released_figures.overlap), 0)) as bigint) as overlap
    from released_figures
    group by released_figures.reference_date
),

left_out as (
    select
        figures.reference_date,
        sum(figures.value) as scope,
        max(scope_changes.reason) as scope_reason
    from scope_changes
    inner join figures
        on scope_changes.reference_date = figures.reference_date and scope_changes.indicator = figures.indicator
    group by figures.reference_date
),

bridged as (
    select
        totals.reference_date,
        totals.year,
        totals.title,
        totals.release,
        coalesce(released.refugees, now.refugees) as refugees,
        coalesce(released.unrwa_refugees, now.unrwa_refugees) as unrwa_refugees,
        coalesce(released.asylum_seekers, now.asylum_seekers) as asylum_seekers,
        coalesce(released.oip, now.oip) as oip,
        coalesce(released.idmc_idps, now.idmc_idps) as idmc_idps,
        coalesce(released.overlap, now.overlap) as overlap,
        case
            when totals.release is null then now.forcibly_displaced
            else
                released.refugees + released.unrwa_refugees + released.asylum_seekers + released.oip
                + released.idmc_idps - released.overlap
        end as total_at_first,
        coalesce(left_out.scope, 0) as scope,
        left_out.scope_reason,
        cast(round(totals.total_millions * 1000000) as bigint) as published_total,
        now.forcibly_displaced as total_now,
        now.refugees - coalesce(released.refugees, round(totals.unhcr_refugees_millions * 1000000)) as refugees_since,
        now.unrwa_refugees - coalesce(released.unrwa_refugees, round(totals.unrwa_refugees_millions * 1000000))
            as unrwa_refugees_since,
        now.asylum_seekers - coalesce(released.asylum_seekers, round(totals.asylum_seekers_millions * 1000000))
            as asylum_seekers_since,
        now.oip - coalesce(released.oip, round(totals.oip_millions * 1000000)) as oip_since,
        now.idmc_idps - coalesce(released.idmc_idps, round(totals.idmc_idps_millions * 1000000)) as idmc_idps_since,
        now.overlap - released.overlap as overlap_since
    from totals
    inner join global_totals as now on totals.reference_date = now.reference_date
    left join released on totals.reference_date = released.reference_date
    left join left_out on totals.reference_date = left_out.reference_date
),

rounded as (
    select
        bridged.reference_date,
        greatest(-50000, least(50000, bridged.published_total - (bridged.total_at_first - bridged.scope))) as rounding
    from bridged
    where bridged.total_at_first is not null
)

select
    bridged.reference_date,
    bridged.year,
    bridged.title,
    bridged.release,
    bridged.refugees,
    bridged.unrwa_refugees,
    bridged.asylum_seekers,
    bridged.oip,
    bridged.idmc_idps,
    bridged.overlap,
    bridged.total_at_first,
    bridged.scope,
    bridged.scope_reason,
    rounded.rounding,
    bridged.published_total - (bridged.total_at_first - bridged.scope) - rounded.rounding as left_over,
    bridged.published_total,
    bridged.total_now,
    case when bridged.release is not null then bridged.total_now - bridged.total_at_first end as revisions_since,
    bridged.refugees_since,
    bridged.unrwa_refugees_since,
    bridged.asylum_seekers_since,
    bridged.oip_since,
    bridged.idmc_idps_since,
    bridged.overlap_since
from bridged
left join rounded on bridged.reference_date = rounded.reference_date
