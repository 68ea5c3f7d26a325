-- A row is a figure or series of a place that a rule finds odd, what matters most and is newest first, with the reasons
-- that footnotes give for figures of that indicator, date and place.
select
    anomalies.reference_date,
    anomalies.rule,
    anomalies.weight,
    anomalies.indicator,
    anomalies.origin,
    anomalies.asylum,
    anomalies.reason,
    string_agg(distinct figure_notes.detail, '; ' order by figure_notes.detail) as notes
from anomalies
left join figure_notes
    on
        anomalies.reference_date = figure_notes.reference_date
        and anomalies.indicator = figure_notes.indicator
        and (figure_notes.origin is null or anomalies.origin = figure_notes.origin)
        and (figure_notes.asylum is null or anomalies.asylum = figure_notes.asylum)
        and coalesce(figure_notes.origin, figure_notes.asylum) is not null
where anomalies.origin is not null or anomalies.asylum is not null
group by all
order by
    anomalies.weight desc, anomalies.reference_date desc, max(anomalies.people) desc nulls last, anomalies.rule,
    anomalies.origin, anomalies.asylum
