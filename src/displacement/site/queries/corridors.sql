-- A row is a corridor at the newest year-end: people displaced across borders from one country who are in another, by the
-- records it sums.
select
    origin,
    asylum,
    reference_date,
    refugees,
    asylum_seekers,
    oip,
    displaced_across
from corridors
where
    reference_date = (select max(reference_date) from corridors where period = 'year-end')
    and displaced_across is not null
order by displaced_across desc, origin, asylum
