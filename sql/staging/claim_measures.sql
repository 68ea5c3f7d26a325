-- A row is something a claim can be about: the published total, or the figures of indicators, of the world or of a country.
select
    measure,
    unit,
    indicators,
    noun,
    description
from raw_claim_measures
