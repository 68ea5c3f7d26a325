-- A row is a published forecast, nowcast or planning figure: those that come with the program, those added here, and
-- UNHCR's nowcasts of the world at the end of a June or December (nowcasts), by the day each value was captured first.
-- made_on is the last day of the month or year where no day is known, never earlier than the truth. A row of the file of
-- added forecasts that cannot be a forecast is left out, so that no such row stops a build; the command names it. Bounds
-- are those of query/forecasts.py.
with known_scopes as (
    select 'world' as scope
    union
    select scope from raw_forecast_scopes
    union
    select iso3 as scope from raw_countries
),

added as (
    select
        raw_added_forecasts.forecast_id,
        raw_added_forecasts.publisher,
        raw_added_forecasts.title,
        raw_added_forecasts.made_on,
        raw_added_forecasts.kind,
        raw_added_forecasts.measure,
        raw_added_forecasts.scope,
        raw_added_forecasts.scope_as_published,
        raw_added_forecasts.quantity,
        raw_added_forecasts.from_date,
        raw_added_forecasts.target_date,
        raw_added_forecasts.value,
        raw_added_forecasts.bound,
        raw_added_forecasts.standing,
        raw_added_forecasts.quoted_by,
        raw_added_forecasts.url,
        raw_added_forecasts.not_compared,
        raw_added_forecasts.note,
        row_number() over (partition by raw_added_forecasts.forecast_id) as place
    from raw_added_forecasts
    inner join raw_forecast_measures on raw_added_forecasts.measure = raw_forecast_measures.measure
    inner join known_scopes on raw_added_forecasts.scope = known_scopes.scope
    left join raw_forecasts on raw_added_forecasts.forecast_id = raw_forecasts.forecast_id
    where
        raw_forecasts.forecast_id is null
        and length(raw_added_forecasts.forecast_id) between 2 and 60
        and length(raw_added_forecasts.publisher) between 1 and 200
        and length(raw_added_forecasts.title) between 1 and 1000
        and length(raw_added_forecasts.scope_as_published) between 1 and 1000
        and length(coalesce(raw_added_forecasts.quoted_by, '')) <= 1000
        and length(coalesce(raw_added_forecasts.url, '')) <= 1000
        and length(coalesce(raw_added_forecasts.note, '')) <= 1000
        and raw_added_forecasts.not_compared is null
        and raw_added_forecasts.kind in ('forecast', 'nowcast', 'planning')
        and raw_added_forecasts.quantity in ('change', 'level')
        and coalesce(raw_added_forecasts.bound, 'at least') in ('at least', 'at most')
        and raw_added_forecasts.standing in ('published', 'secondary')
        and abs(try_cast(raw_added_forecasts.value as bigint)) <= 10000000000
        and length(raw_added_forecasts.made_on) = 10
        and try_cast(raw_added_forecasts.made_on as date) between date '1900-01-01' and date '2999-12-31'
        and try_cast(raw_added_forecasts.target_date as date) between date '1900-01-01' and date '2999-12-31'
        and (raw_added_forecasts.quantity = 'level') = (raw_added_forecasts.from_date is null)
        and coalesce(
            try_cast(raw_added_forecasts.from_date as date) < try_cast(raw_added_forecasts.target_date as date),
            raw_added_forecasts.from_date is null
        )
),

nowcast as (
    select
        cast(min(captured_on) as varchar) as made_on,
        unnest(['refugees', 'asylum_seekers']) as measure,
        cast(reference_date as varchar) as target_date,
        unnest([nowcast_refugees, nowcast_asylum_seekers]) as value
    from nowcasts
    where asylum = 'world' and month(reference_date) in (6, 12)
    group by reference_date, nowcast_refugees, nowcast_asylum_seekers
),

all_rows as (
    select
        forecast_id, publisher, title, made_on, kind, measure, scope, scope_as_published, quantity, from_date,
        target_date, value, bound, standing, quoted_by, url, not_compared, note, false as added_here
    from raw_forecasts
    union all
    select
        forecast_id, publisher, title, made_on, kind, measure, scope, scope_as_published, quantity, from_date,
        target_date, value, bound, standing, quoted_by, url, not_compared, note, true as added_here
    from added
    where place = 1
    union all
    select
        concat_ws('-', 'unhcr-nowcast', left(target_date, 7), measure, min(made_on)) as forecast_id,
        'UNHCR' as publisher,
        'Nowcasting of refugee and asylum-seeker statistics (API)' as title,
        min(made_on) as made_on,
        'nowcast' as kind,
        measure,
        'world' as scope,
        'world' as scope_as_published,
        'level' as quantity,
        null as from_date,
        target_date,
        cast(value as varchar) as value,
        null as bound,
        'published' as standing,
        null as quoted_by,
        'https://api.unhcr.org/population/v1/nowcasting/' as url,
        null as not_compared,
        'Captured when figures were fetched' as note,
        false as added_here
    from nowcast
    where value is not null
    group by measure, target_date, value
)

select
    forecast_id,
    publisher,
    title,
    case length(made_on)
        when 10 then cast(made_on as date)
        when 7 then last_day(cast(concat(made_on, '-01') as date))
        else cast(concat(made_on, '-12-31') as date)
    end as made_on,
    case length(made_on) when 10 then 'day' when 7 then 'month' else 'year' end as made_on_precision,
    kind,
    measure,
    scope,
    scope_as_published,
    quantity,
    from_date,
    target_date,
    value,
    bound,
    standing,
    quoted_by,
    url,
    not_compared,
    note,
    added_here
from all_rows
