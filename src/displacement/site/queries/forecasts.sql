-- A row is a published forecast with what followed, the newest first; made_in where only the month or year is known.
select
    forecast_scores.forecast_id,
    forecast_scores.publisher,
    forecast_scores.made_on,
    case forecasts.made_on_precision
        when 'month' then strftime(forecasts.made_on, '%Y-%m')
        when 'year' then strftime(forecasts.made_on, '%Y')
    end as made_in,
    forecast_scores.measure,
    forecast_scores.scope,
    forecast_scores.countries,
    forecast_scores.quantity,
    forecast_scores.from_date,
    forecast_scores.target_date,
    forecast_scores.forecast_value,
    forecast_scores.bound,
    forecast_scores.status,
    forecast_scores.value_first,
    forecast_scores.share_off_first,
    forecast_scores.no_change_off_first
from forecast_scores
inner join forecasts on forecast_scores.forecast_id = forecasts.forecast_id
order by forecast_scores.made_on desc, forecast_scores.forecast_id
