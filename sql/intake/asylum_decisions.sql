-- A row is a count of decisions by outcome, of any procedure and any level, appeals too. Persons and cases are never added,
-- and the publisher's total is not used.
select
    'asylum_decisions_' || outcome || case dec_pc when 'P' then '' when 'C' then '_cases' end as indicator,
    year,
    origin,
    asylum,
    value
from chosen_rows
unpivot (
    value for outcome in (
        dec_recognized as recognized, dec_other as other, dec_rejected as rejected, dec_closed as closed
    )
)
