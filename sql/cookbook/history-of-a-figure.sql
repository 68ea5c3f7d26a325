-- question: How often was one figure changed, and what did it say each time?
-- indicator: idmc_idps
-- origin: COD
-- asylum: COD
-- date: 2023-12-31
select
    figures_history.published_in,
    releases.title,
    figures_history.value,
    figures_history.value - lag(figures_history.value) over (order by figures_history.published_in) as change,
    figures_history.superseded_in
from figures_history
inner join releases on figures_history.published_in = releases.release
where
    figures_history.indicator = $indicator
    and figures_history.origin = $origin
    and figures_history.asylum = $asylum
    and figures_history.reference_date = $date
order by figures_history.published_in
