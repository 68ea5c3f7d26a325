-- A row is a world total of forcibly displaced people as it was published.
-- known_on is the day of publication of the release of the same title; where no release records it,
-- the last day of the month of publication: never earlier than the truth.
with published as (
    select
        title,
        min(published_on) as published_on
    from raw_releases
    where published_on is not null
    group by title
)
select
    cast(raw_headlines.reference_date as date) as reference_date,
    year(cast(raw_headlines.reference_date as date)) as year,
    case when month(cast(raw_headlines.reference_date as date)) = 6 then 'mid-year' else 'year-end' end as period,
    raw_headlines.title,
    raw_headlines.published_month,
    coalesce(
        cast(published.published_on as date),
        last_day(cast(concat(raw_headlines.published_month, '-01') as date))
    ) as known_on,
    raw_headlines.total_millions,
    raw_headlines.unhcr_refugees_millions,
    raw_headlines.unrwa_refugees_millions,
    raw_headlines.asylum_seekers_millions,
    raw_headlines.oip_millions,
    raw_headlines.idmc_idps_millions,
    raw_headlines.source,
    raw_headlines.standing,
    raw_headlines.evidence,
    raw_headlines.url
from raw_headlines
left join published on raw_headlines.title = published.title
