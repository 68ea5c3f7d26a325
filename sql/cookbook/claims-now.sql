-- question: Do the public claims about displacement still hold?
select
    claim_id,
    claim,
    made_on,
    verdict_then,
    verdict_now,
    value_now
from claim_checks
order by made_on, claim_id
