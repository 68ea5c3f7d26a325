-- A row is a country's population or gross domestic product in a year, as the World Bank gives it.
select
    indicator,
    country,
    year,
    value
from raw_denominators
