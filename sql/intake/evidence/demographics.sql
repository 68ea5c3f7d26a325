-- A row is a row of the raw table demographics, with what its expectations need of it: as for every table (rows.sql), and
-- the codes of population and place, and bands and sexes added up beside the totals the publisher gives.
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
    pop_type,
    loc_type,
    acc_type,
    f_total,
    coalesce(f_0_4, 0) + coalesce(f_5_11, 0) + coalesce(f_12_17, 0) + coalesce(f_18_59, 0) + coalesce(f_60, 0)
        + coalesce(f_other, 0) as f_bands,
    m_total,
    coalesce(m_0_4, 0) + coalesce(m_5_11, 0) + coalesce(m_12_17, 0) + coalesce(m_18_59, 0) + coalesce(m_60, 0)
        + coalesce(m_other, 0) as m_bands,
    total,
    coalesce(f_total, 0) + coalesce(m_total, 0) as both_sexes
from rows
