-- A row is an anomaly of the newest year-end or later, what matters most first: the name of its indicator and its place.
select
    anomalies.rule,
    anomalies.reference_date,
    coalesce(indicators.name, anomalies.indicator) as name,
    concat_ws(' to ', origins.name, places.name) as place,
    anomalies.reason
from anomalies
left join indicators on anomalies.indicator = indicators.indicator
left join countries as origins on anomalies.origin = origins.iso3
left join countries as places on anomalies.asylum = places.iso3
where
    anomalies.reference_date >= (
        select max(figures.reference_date)
        from figures
        where month(figures.reference_date) = 12
    )
order by anomalies.reference_date desc, anomalies.rank
