-- A row is a public statement to be compared with the figures: those that come with the program, and those added here.
-- A row of the file of added claims that cannot be a claim is left out, so that no such row stops a build; the command
-- names it. Bounds are those of query/claims.py.
with added as (
    select
        raw_added_claims.claim_id,
        raw_added_claims.claimant,
        raw_added_claims.claim,
        raw_added_claims.measure,
        raw_added_claims.country,
        raw_added_claims.role,
        raw_added_claims.value,
        raw_added_claims.unit,
        raw_added_claims.tolerance,
        raw_added_claims.made_on,
        raw_added_claims.source,
        row_number() over (partition by raw_added_claims.claim_id) as place
    from raw_added_claims
    inner join raw_claim_measures
        on raw_added_claims.measure = raw_claim_measures.measure and raw_added_claims.unit = raw_claim_measures.unit
    left join raw_countries on raw_added_claims.country = raw_countries.iso3
    left join raw_claims on raw_added_claims.claim_id = raw_claims.claim_id
    where
        raw_claims.claim_id is null
        and length(raw_added_claims.claim_id) between 2 and 60
        and length(raw_added_claims.claimant) between 1 and 200
        and length(raw_added_claims.claim) between 1 and 1000
        and length(raw_added_claims.source) between 1 and 1000
        and abs(try_cast(raw_added_claims.value as bigint)) <= 10000000000
        and try_cast(raw_added_claims.tolerance as double) between 0 and 1
        and try_cast(raw_added_claims.made_on as date) between date '1900-01-01' and date '2999-12-31'
        and (raw_added_claims.country is null) = (raw_countries.iso3 is null)
        and (raw_added_claims.country is null) = (raw_added_claims.role is null)
        and coalesce(raw_added_claims.role, 'origin') in ('origin', 'asylum')
)

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
from added
where place = 1
