-- A row is a row of the raw table asylum_applications, with what its expectations need of it: as for every table (rows.sql), and
-- the codes that say whether a claim is new, and what was counted.
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
    procedure_type,
    app_type,
    dec_level,
    app_pc
from rows
