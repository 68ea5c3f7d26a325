-- A row is a row of the raw table idmc, with what its expectations need of it: as for every table (rows.sql), and
-- whether the people are inside their country.
select
    row,
    year,
    years_early,
    years_ahead,
    coo,
    coa,
    origin_iso,
    asylum_iso,
    unreadable,
    fractional,
    lowest,
    highest,
    repeats,
    conflicts,
    origin = asylum as inside
from rows
