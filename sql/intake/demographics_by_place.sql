-- A row is the people of a population type, origin and asylum at the end of a year, by location, type of location and
-- accommodation, sex and age band: what the table demographics is summed over.
select
    year::bigint as year,
    pop_type as population_type,
    origin,
    asylum,
    coalesce(nullif(trim(location), ''), 'unknown') as location,
    coalesce(loc_type, 'V') as location_type,
    coalesce(acc_type, 'U') as accommodation_type,
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
where origin is not null and asylum is not null
group by all
