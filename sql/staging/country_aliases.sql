-- A row is a name that people use for a country beside those of the UN, in one of six languages. Where counted_within is
-- given, the place has no figures of its own and is counted within the country.
select
    alias,
    language,
    country,
    counted_within
from raw_country_aliases
