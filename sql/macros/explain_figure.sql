-- parameters: indicator, origin, asylum, reference_date
-- A row is a value of one figure, oldest first, with the releases in which it was current and where it comes from:
-- explain_figure('refugees', 'UKR', 'POL', '2025-12-31'). The current value has no superseded_in; no row means that
-- there never was such a figure; another day than 31 December or 30 June is an error. change is against the value before.
-- It reads the two tables that figures_history is a view of: a macro whose parameters are called as columns of a view
-- cannot read the view.
with asked as (
    select
        known_indicator(indicator) as asked_indicator,
        known_country(origin) as asked_origin,
        known_country(asylum) as asked_asylum,
        case
            when strftime(cast(reference_date as date), '%m-%d') in ('12-31', '06-30') then cast(reference_date as date)
            else error(concat(
                'Figures are of 31 December (year-end) or 30 June (mid-year); there are none of ', reference_date, '.'
            ))
        end as asked_date
),

spans as (
    select
        figures.indicator,
        figures.reference_date,
        figures.period,
        figures.origin,
        figures.asylum,
        figures.value,
        figures.published_in,
        cast(null as date) as superseded_in
    from figures
    inner join asked
        on
            figures.indicator = asked.asked_indicator
            and figures.origin = asked.asked_origin
            and figures.asylum = asked.asked_asylum
            and figures.reference_date = asked.asked_date
    union all
    select
        figures_superseded.indicator,
        figures_superseded.reference_date,
        figures_superseded.period,
        figures_superseded.origin,
        figures_superseded.asylum,
        figures_superseded.value,
        figures_superseded.published_in,
        figures_superseded.superseded_in
    from figures_superseded
    inner join asked
        on
            figures_superseded.indicator = asked.asked_indicator
            and figures_superseded.origin = asked.asked_origin
            and figures_superseded.asylum = asked.asked_asylum
            and figures_superseded.reference_date = asked.asked_date
)

select
    spans.value,
    indicators.unit,
    spans.superseded_in is null as stands,
    spans.published_in,
    releases.title as published_as,
    spans.superseded_in,
    spans.value - lag(spans.value) over (order by spans.published_in) as change,
    spans.indicator,
    indicators.name as indicator_name,
    indicators.kind,
    spans.reference_date,
    spans.period,
    spans.origin,
    origins.name as origin_name,
    spans.asylum,
    asylums.name as asylum_name,
    indicators.dataset,
    indicators.publisher,
    indicators.licence,
    concat(
        indicators.citation, ', release of ', spans.published_in, ': ', indicators.name, ', ', origins.name,
        case when spans.origin <> spans.asylum then concat(' to ', asylums.name) end, ', ',
        strftime(spans.reference_date, '%-d %B %Y'), '; displacement ', build.displacement_version, ', build ',
        build.build_id
    ) as citation,
    indicators.usage_warnings
from spans
inner join indicators on spans.indicator = indicators.indicator
inner join releases on spans.published_in = releases.release
inner join countries as origins on spans.origin = origins.iso3
inner join countries as asylums on spans.asylum = asylums.iso3
cross join meta.build as build
order by spans.published_in
