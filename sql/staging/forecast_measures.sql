-- A row is something a published forecast can be about, with the indicators it is compared with; none where no figures
-- count the same people.
select
    measure,
    indicators,
    description
from raw_forecast_measures
