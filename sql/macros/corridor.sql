-- parameters: origin, asylum
-- A row is a reference date of one corridor, year-ends and mid-years: corridor('SDN', 'TCD').
select
    corridors.reference_date,
    corridors.period,
    corridors.refugees,
    corridors.asylum_seekers,
    corridors.oip,
    corridors.refugees_and_oip,
    corridors.displaced_across,
    corridors.rank_in_origin,
    corridors.rank_in_asylum
from corridors
where corridors.origin = known_country(origin) and corridors.asylum = known_country(asylum)
order by corridors.reference_date
