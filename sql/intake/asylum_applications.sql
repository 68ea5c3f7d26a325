-- A row is a count of new claims: of the application types N, NR and NA at any decision level, and V, used from 2000 to 2005,
-- at the levels FI, FA and NA only. R, A, J, RA, FA and SP are repeated claims, appeals and reviews. Persons and cases are
-- never added.
select
    case app_pc when 'P' then 'asylum_applications' when 'C' then 'asylum_applications_cases' end as indicator,
    year,
    origin,
    asylum,
    applied as value
from chosen_rows
where app_type in ('N', 'NR', 'NA') or (app_type = 'V' and dec_level in ('FI', 'FA', 'NA'))
