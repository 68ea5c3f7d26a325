-- question: Who forecast what, and how did it turn out?
-- n: 10
-- off is how far each was off what was first published, as a share of the level; unchanged the same for the newest figure
-- of that day. Statements about the future, not figures.
select
    made_on,
    publisher,
    quantity,
    scope,
    target_date,
    forecast_value,
    value_first,
    round(share_off_first, 3) as off,
    round(no_change_off_first, 3) as unchanged,
    closest
from forecast_scores
where status = 'scored' and measure = 'forcibly_displaced'
order by made_on desc, forecast_id
limit $n
