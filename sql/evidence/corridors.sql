-- A row is a row of corridors, with what its displaced_across leaves unexplained: 0 where it is the sum of its
-- parts.
select
    origin,
    origin_name,
    asylum,
    asylum_name,
    reference_date,
    year,
    period,
    refugees,
    asylum_seekers,
    oip,
    refugees_and_oip,
    displaced_across,
    rank_in_origin,
    rank_in_asylum,
    coalesce(displaced_across, 0) - coalesce(refugees, 0) - coalesce(asylum_seekers, 0) - coalesce(oip, 0)
        as displaced_across_unexplained,
    coalesce(refugees_and_oip, 0) - coalesce(refugees, 0) - coalesce(oip, 0) as refugees_and_oip_unexplained
from corridors
