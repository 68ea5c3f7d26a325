-- question: From where are the people whom Germany hosts?
-- asylum: DEU
-- n: 10
select
    corridors.rank_in_asylum as rank,
    corridors.origin,
    countries.name,
    corridors.refugees,
    corridors.asylum_seekers,
    corridors.oip,
    corridors.displaced_across
from corridors
inner join countries on corridors.origin = countries.iso3
where
    corridors.asylum = $asylum
    and corridors.rank_in_asylum <= $n
    and corridors.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by rank
