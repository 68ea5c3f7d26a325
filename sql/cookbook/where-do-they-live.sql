-- question: Where do people who fled from Syria live today?
-- origin: SYR
-- n: 10
-- Those whom UNHCR counts. UNRWA's Palestine refugees are in none of these columns: see @palestine-refugees.
select
    corridors.rank_in_origin as rank,
    corridors.asylum,
    countries.name,
    corridors.refugees,
    corridors.asylum_seekers,
    corridors.oip,
    corridors.displaced_across
from corridors
inner join countries on corridors.asylum = countries.iso3
where
    corridors.origin = $origin
    and corridors.rank_in_origin <= $n
    and corridors.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rank
