-- A row is the people of a population type, origin and asylum at the end of a year, by sex and age band, whatever the place
-- and the accommodation they live in. Sums by sex are left out: they are the bands again. Where sex or age is not known,
-- the total is more than its parts.
select
    year,
    pop_type as population_type,
    origin,
    asylum,
    coalesce(sum(f_0_4), 0)::integer as f_0_4,
    coalesce(sum(f_5_11), 0)::integer as f_5_11,
    coalesce(sum(f_12_17), 0)::integer as f_12_17,
    coalesce(sum(f_18_59), 0)::integer as f_18_59,
    coalesce(sum(f_60), 0)::integer as f_60,
    coalesce(sum(f_other), 0)::integer as f_other,
    coalesce(sum(m_0_4), 0)::integer as m_0_4,
    coalesce(sum(m_5_11), 0)::integer as m_5_11,
    coalesce(sum(m_12_17), 0)::integer as m_12_17,
    coalesce(sum(m_18_59), 0)::integer as m_18_59,
    coalesce(sum(m_60), 0)::integer as m_60,
    coalesce(sum(m_other), 0)::integer as m_other,
    coalesce(sum(total), 0)::bigint as total
from chosen_rows
group by all
