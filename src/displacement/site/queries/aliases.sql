-- A row is a name people use for a country that has figures of its own.
select
    country,
    alias
from country_aliases
where counted_within is null
order by country, alias
