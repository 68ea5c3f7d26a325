-- A row is the decisions of a year on people of an origin in a country of asylum, by procedure, level and unit: what the facts
-- of asylum_decisions are summed over.
select
    year::bigint as year,
    origin,
    asylum,
    procedure_type,
    dec_level as decision_level,
    case dec_pc when 'P' then 'persons' when 'C' then 'cases' end as unit,
    sum(dec_recognized)::bigint as recognized,
    sum(dec_other)::bigint as complementary,
    sum(dec_rejected)::bigint as rejected,
    sum(dec_closed)::bigint as closed
from chosen_rows
where origin is not null and asylum is not null and dec_pc in ('P', 'C')
group by all
