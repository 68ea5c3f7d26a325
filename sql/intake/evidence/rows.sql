-- A row is a row of a raw table, with what its expectations need of it. Each value was found in DuckDB where the table was
-- read (intake/rows.py), so that Great Expectations sees a number or a code, never a text of figures.
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
    conflicts
from rows
