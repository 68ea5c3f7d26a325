-- In the file figures_history is a view: the current figures, and the superseded ones. Stored twice, the
-- current figures would be a third of the file.
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in,
    cast(null as date) as superseded_in
from figures
union all
select
    indicator,
    reference_date,
    year,
    period,
    origin,
    asylum,
    value,
    published_in,
    superseded_in
from figures_superseded
