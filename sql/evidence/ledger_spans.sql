-- A row is a row of the ledger whose fact has more than one row, with the span of releases that comes next for the
-- fact. Few facts have: finding them by a hash first (a collision adds a fact, and does no harm) leaves little to
-- put in order.
with several as (
    select hash(indicator, reference_date, origin, asylum) as fact
    from raw_figures
    group by all
    having count(*) > 1
)
select
    indicator,
    reference_date,
    origin,
    asylum,
    value,
    published_in,
    superseded_in,
    case when superseded_in is null then count(*) filter (where superseded_in is null) over fact end as times_standing,
    lead(published_in) over later as next_published_in,
    -- two current spans are named by times_standing, not as an overlap
    case
        when superseded_in is null and lead(superseded_in) over later is null then null
        else coalesce(superseded_in, date '9999-12-31')
    end as span_end,
    case when superseded_in = lead(published_in) over later then lead(value) over later - value end
        as change_where_touching
from raw_figures
where hash(indicator, reference_date, origin, asylum) in (select several.fact from several)
window
    fact as (partition by indicator, reference_date, origin, asylum),
    later as (
        partition by indicator, reference_date, origin, asylum
        order by published_in, superseded_in nulls last
    )
