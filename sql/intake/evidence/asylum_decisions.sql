-- A row is a row of the raw table asylum_decisions, with what its expectations need of it: as for every table (rows.sql), and
-- the codes of procedure, level and unit, and the outcomes added up beside the total the publisher gives.
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
    dec_level,
    dec_pc,
    dec_total,
    coalesce(dec_recognized, 0) + coalesce(dec_other, 0) + coalesce(dec_rejected, 0) + coalesce(dec_closed, 0) as outcomes
from rows
