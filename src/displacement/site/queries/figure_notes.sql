-- A row is a reason why figures of a place are as they are, the newest first.
select
    reference_date,
    indicator,
    origin,
    asylum,
    detail
from figure_notes
where origin is not null or asylum is not null
order by reference_date desc, note_id, part
