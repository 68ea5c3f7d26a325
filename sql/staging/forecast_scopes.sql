-- A row is a country of origin in a list that a published forecast covers, or in the public list nearest to it.
select
    scope,
    iso3,
    basis
from raw_forecast_scopes
