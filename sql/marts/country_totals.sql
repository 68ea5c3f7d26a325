-- A row is a country, a role (origin or asylum) and a reference date, with every population type.
-- forcibly_displaced is the country's part of the world's total: refugees + unrwa_refugees + asylum_seekers + oip +
-- idmc_idps - overlap. It is given only where the world has a total and each component is known by country: while one
-- is a single world figure of unknown place (IDPs before 2009), a country's part would leave people out and then jump.
with placed as (
    select
        figures.origin as country,
        'origin' as role,
        figures.reference_date,
        figures.indicator,
        sum(figures.value) as value
    from figures
    group by figures.origin, figures.reference_date, figures.indicator
    union all
    select
        figures.asylum as country,
        'asylum' as role,
        figures.reference_date,
        figures.indicator,
        sum(figures.value) as value
    from figures
    group by figures.asylum, figures.reference_date, figures.indicator
),

component_places as (
    select
        placed.reference_date,
        placed.indicator,
        bool_or(countries.kind <> 'unknown') as is_by_country
    from placed
    inner join headline_components on placed.indicator = headline_components.indicator
    inner join countries on placed.country = countries.iso3
    group by placed.reference_date, placed.indicator
),

dates_by_country as (
    select component_places.reference_date
    from component_places
    inner join global_totals on component_places.reference_date = global_totals.reference_date
    where global_totals.forcibly_displaced is not null
    group by component_places.reference_date
    having bool_and(component_places.is_by_country)
),

overlap_totals as (
    select
        placed.country,
        placed.role,
        placed.reference_date,
        cast(round(sum(overlap_rules.share * placed.value)) as bigint) as overlap
    from placed
    inner join overlap_rules
        on
            placed.indicator = overlap_rules.indicator
            and placed.country = overlap_rules.country
            and placed.reference_date >= overlap_rules.from_date
    group by placed.country, placed.role, placed.reference_date
),

totals as (
    select
        country,
        role,
        reference_date,
        sum(value) filter (indicator = 'refugees') as refugees,
        sum(value) filter (indicator = 'unrwa_refugees') as unrwa_refugees,
        sum(value) filter (indicator = 'asylum_seekers') as asylum_seekers,
        sum(value) filter (indicator = 'oip') as oip,
        sum(value) filter (indicator = 'idmc_idps') as idmc_idps,
        sum(value) filter (
            indicator in ('refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps')
        ) as components,
        sum(value) filter (indicator in ('refugees', 'oip')) as refugees_and_oip,
        sum(value) filter (indicator in ('refugees', 'asylum_seekers', 'oip')) as displaced_across,
        sum(value) filter (indicator = 'idps') as idps,
        sum(value) filter (indicator = 'stateless') as stateless,
        sum(value) filter (indicator = 'ooc') as ooc,
        sum(value) filter (indicator = 'hst') as hst,
        sum(value) filter (indicator = 'returned_refugees') as returned_refugees,
        sum(value) filter (indicator = 'returned_idps') as returned_idps
    from placed
    where
        indicator in (
            'refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps', 'idps', 'stateless', 'ooc', 'hst',
            'returned_refugees', 'returned_idps'
        )
    group by country, role, reference_date
)

select
    totals.country,
    totals.role,
    totals.reference_date,
    year(totals.reference_date) as year,
    case when month(totals.reference_date) = 6 then 'mid-year' else 'year-end' end as period,
    totals.refugees,
    totals.unrwa_refugees,
    totals.asylum_seekers,
    totals.oip,
    totals.idmc_idps,
    case
        when dates_by_country.reference_date is not null and totals.components is not null
            then coalesce(overlap_totals.overlap, 0)
    end as overlap,
    case
        when dates_by_country.reference_date is not null
            then totals.components - coalesce(overlap_totals.overlap, 0)
    end as forcibly_displaced,
    totals.refugees_and_oip,
    totals.displaced_across,
    totals.idps,
    totals.stateless,
    totals.ooc,
    totals.hst,
    totals.returned_refugees,
    totals.returned_idps
from totals
left join dates_by_country on totals.reference_date = dates_by_country.reference_date
left join overlap_totals
    on
        totals.country = overlap_totals.country
        and totals.role = overlap_totals.role
        and totals.reference_date = overlap_totals.reference_date
