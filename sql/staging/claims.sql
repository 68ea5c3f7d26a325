-- A row is a public statement to be held against the figures: those that come with the program, and those added here.
select
    claim_id,
    claimant,
    claim,
    measure,
    country,
    role,
    value,
    unit,
    tolerance,
    made_on,
    source,
    false as added_here
from raw_claims
union all
select
    claim_id,
    claimant,
    claim,
    measure,
    country,
    role,
    value,
    unit,
    tolerance,
    made_on,
    source,
    true as added_here
from raw_added_claims
