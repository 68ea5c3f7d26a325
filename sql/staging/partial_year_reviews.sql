-- A row is a flow of a country of asylum that people found to cover only part of the year under which it is published, with
-- the value it had then.
select
    indicator,
    asylum,
    cast(year as smallint) as year,
    make_date(cast(year as integer), 1, 1) as covers_from,
    cast(covers_to as date) as covers_to,
    cast(value as bigint) as value,
    reason,
    source
from raw_partial_years
