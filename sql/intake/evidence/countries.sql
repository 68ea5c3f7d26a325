-- A row is a row of the publisher's list of countries, and whether it means the country of the reviewed list. A code that is
-- not reviewed, or has no ISO code, cannot be compared: NULL.
select
    r.row,
    r.code,
    k.iso3 = nullif(nullif(r.iso, ''), '-') as means_the_same
from rows as r
left join country_codes as k on k.code = r.code
