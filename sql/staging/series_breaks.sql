-- A row is a date from which an indicator counts otherwise than before, for the world or for one country of asylum.
select
    break_id,
    indicator,
    country as asylum,
    make_date(cast(first_year as integer), 12, 31) as reference_date,
    make_date(cast(coalesce(last_year, first_year) as integer), 12, 31) as last_reference_date,
    detail as what,
    source
from raw_series_breaks
