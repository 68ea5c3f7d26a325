-- A row is a public statement to be held against the figures.
select
    claim_id,
    claimant,
    claim,
    measure,
    value,
    unit,
    tolerance,
    made_on,
    source
from raw_claims
