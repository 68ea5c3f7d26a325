-- A row is a release and a dataset, with the number of figures the release held and the number the ledger restores
-- for it. A release holds its year-ends and one mid-year at most: that of its newest reference date. Older mid-years
-- stay in the ledger as last published, and are not counted. A fact counts once, wherever its spans overlap or end
-- before they begin, and figures of unknown indicators may be of any dataset: those errors have rules of their own.
with stated as (
    select
        release::date as release,
        dataset,
        newest_reference_date::date as newest_reference_date,
        figures::bigint as figures
    from raw_release_datasets
),
facts as (
    select
        indicator,
        reference_date,
        origin,
        asylum,
        published_in,
        case when superseded_in > published_in then superseded_in end as superseded_in,
        hash(indicator, reference_date, origin, asylum) as fact
    from raw_figures
),
several as (
    select fact
    from facts
    group by fact
    having count(*) > 1
),
spans as (
    select
        indicator,
        reference_date,
        published_in,
        superseded_in,
        null as next_published_in
    from facts
    where fact not in (select several.fact from several)
    union all
    select
        indicator,
        reference_date,
        published_in,
        superseded_in,
        lead(published_in) over (
            partition by indicator, reference_date, origin, asylum
            order by published_in, superseded_in nulls last
        ) as next_published_in
    from facts
    where fact in (select several.fact from several)
),
counted as (
    select
        indicator,
        reference_date,
        coalesce(published_in, date '0001-01-01') as counts_from,
        coalesce(least(superseded_in, next_published_in), date '9999-12-31') as counts_until,
        count(*) as figures
    from spans
    group by all
),
restored as (
    select
        d.release,
        d.dataset,
        coalesce(sum(c.figures) filter (where i.dataset = d.dataset), 0)::bigint as figures_restored,
        coalesce(sum(c.figures) filter (where i.dataset is null), 0)::bigint as figures_of_unknown_dataset
    from stated as d
    left join counted as c
        on c.counts_from <= d.release
        and c.counts_until > d.release
        and (
            c.reference_date is null
            or c.reference_date = d.newest_reference_date
            or not (month(c.reference_date) = 6 and day(c.reference_date) = 30)
        )
    left join raw_indicators as i on i.indicator = c.indicator
    group by all
)
select
    d.release,
    d.dataset,
    d.figures,
    s.figures_restored,
    case
        when d.figures - s.figures_restored between 0 and s.figures_of_unknown_dataset then 0
        else d.figures - s.figures_restored
    end as figures_missing
from stated as d
inner join restored as s on s.release = d.release and s.dataset = d.dataset
