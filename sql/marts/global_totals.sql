-- A row is a reference date: the world's figure for each component of forced displacement, and the total.
-- forcibly_displaced = refugees + unrwa_refugees + asylum_seekers + oip + idmc_idps - overlap, where every component
-- has a figure; a component the total can do without (headline_components) may be absent before its first year.
-- Mid-years have no total of their own: nobody publishes the components of one. The published series is beside
-- it and is never mixed into it; only year-ends are compared with the year-end before. There is no total either where
-- something that is held back would change a component: held_back has what, and why.
with component_totals as (
    select
        figures.reference_date,
        figures.indicator,
        sum(figures.value) as value
    from figures
    inner join headline_components on figures.indicator = headline_components.indicator
    group by figures.reference_date, figures.indicator
),

dates as (
    select reference_date from component_totals
    union
    select reference_date from headlines
),

components as (
    select
        dates.reference_date,
        headline_components.indicator,
        component_totals.value,
        component_totals.value is not null
        or (headline_components.total_stands_without and year(dates.reference_date) < indicators.first_year)
            as is_settled,
        case
            when component_totals.value is not null then 'reported'
            when
                headline_components.carried_at_mid_year
                and month(dates.reference_date) = 6
                and year_before.value is not null then 'carried'
            else 'missing'
        end as standing
    from dates
    cross join headline_components
    inner join indicators on headline_components.indicator = indicators.indicator
    left join component_totals
        on
            dates.reference_date = component_totals.reference_date
            and headline_components.indicator = component_totals.indicator
    left join component_totals as year_before
        on
            headline_components.indicator = year_before.indicator
            and year_before.reference_date = make_date(year(dates.reference_date) - 1, 12, 31)
),

overlap_totals as (
    select
        figures.reference_date,
        cast(round(sum(overlap_rules.share * figures.value)) as bigint) as overlap
    from figures
    inner join overlap_rules
        on
            figures.indicator = overlap_rules.indicator
            and figures.asylum = overlap_rules.country
            and figures.reference_date >= overlap_rules.from_date
    group by figures.reference_date
),

held_dates as (
    select dates.reference_date
    from dates
    inner join held_back
        on
            held_back.in_headline
            and held_back.superseded_in is null
            and contains(held_back.reference_dates, cast(dates.reference_date as varchar))
    group by dates.reference_date
),

totals as (
    select
        components.reference_date,
        max(components.value) filter (components.indicator = 'refugees') as refugees,
        max(components.value) filter (components.indicator = 'unrwa_refugees') as unrwa_refugees,
        max(components.value) filter (components.indicator = 'asylum_seekers') as asylum_seekers,
        max(components.value) filter (components.indicator = 'oip') as oip,
        max(components.value) filter (components.indicator = 'idmc_idps') as idmc_idps,
        case
            when bool_and(components.is_settled and held_dates.reference_date is null)
                then coalesce(max(overlap_totals.overlap), 0)
        end as overlap,
        case
            when bool_and(components.is_settled and held_dates.reference_date is null)
                then sum(components.value) - coalesce(max(overlap_totals.overlap), 0)
        end as forcibly_displaced,
        max(components.standing) filter (components.indicator = 'refugees') as refugees_standing,
        max(components.standing) filter (components.indicator = 'unrwa_refugees') as unrwa_refugees_standing,
        max(components.standing) filter (components.indicator = 'asylum_seekers') as asylum_seekers_standing,
        max(components.standing) filter (components.indicator = 'oip') as oip_standing,
        max(components.standing) filter (components.indicator = 'idmc_idps') as idmc_idps_standing
    from components
    left join overlap_totals on components.reference_date = overlap_totals.reference_date
    left join held_dates on components.reference_date = held_dates.reference_date
    group by components.reference_date
),

published as (
    select
        reference_date,
        cast(round(total_millions * 1000000) as bigint) as published_total
    from headlines
),

compared as (
    select
        totals.reference_date,
        published.published_total,
        published.published_total - published_before.published_total as published_yearly_change,
        totals.forcibly_displaced - totals_before.forcibly_displaced as recomputed_yearly_change
    from totals
    left join published on totals.reference_date = published.reference_date
    left join totals as totals_before
        on
            month(totals.reference_date) = 12
            and totals_before.reference_date = make_date(year(totals.reference_date) - 1, 12, 31)
    left join published as published_before
        on
            month(totals.reference_date) = 12
            and published_before.reference_date = make_date(year(totals.reference_date) - 1, 12, 31)
)

select
    totals.reference_date,
    year(totals.reference_date) as year,
    case when month(totals.reference_date) = 6 then 'mid-year' else 'year-end' end as period,
    totals.refugees,
    totals.unrwa_refugees,
    totals.asylum_seekers,
    totals.oip,
    totals.idmc_idps,
    totals.overlap,
    totals.forcibly_displaced,
    compared.published_total,
    totals.forcibly_displaced - compared.published_total as difference,
    compared.published_yearly_change,
    compared.recomputed_yearly_change,
    totals.refugees_standing,
    totals.unrwa_refugees_standing,
    totals.asylum_seekers_standing,
    totals.oip_standing,
    totals.idmc_idps_standing
from totals
inner join compared on totals.reference_date = compared.reference_date
