-- A row is a public claim, with what was published when it was made and what is published now.
select
    claim_id,
    claimant,
    claim,
    measure,
    country,
    role,
    claimed_value,
    unit,
    made_on,
    value_then,
    reference_date_then,
    source_then,
    verdict_then,
    value_now,
    reference_date_now,
    source_now,
    verdict_now
from claim_checks
order by made_on, abs(claimed_value) desc, claim_id
