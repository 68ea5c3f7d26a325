-- table: figures_history
-- The history repeats the ledger, row for row: what was checked at the door is what is published.
-- A returned row is an indicator and a release in which the two differ.
with ledger as (
    select
        indicator,
        published_in,
        count(*) as facts,
        sum(value) as persons_or_cases,
        sum(hash(indicator, reference_date, origin, asylum, value, published_in, superseded_in)) as checksum
    from raw_figures
    group by indicator, published_in
),

history as (
    select
        cast(indicator as varchar) as indicator,
        published_in,
        count(*) as facts,
        sum(value) as persons_or_cases,
        sum(hash(
            cast(indicator as varchar), reference_date, cast(origin as varchar), cast(asylum as varchar), value,
            published_in, superseded_in
        )) as checksum
    from figures_history
    group by cast(indicator as varchar), published_in
)

select
    coalesce(ledger.indicator, history.indicator) as indicator,
    coalesce(ledger.published_in, history.published_in) as published_in,
    ledger.facts,
    history.facts as facts_in_history
from ledger
full join history on ledger.indicator = history.indicator and ledger.published_in = history.published_in
where
    ledger.facts is distinct from history.facts
    or ledger.persons_or_cases is distinct from history.persons_or_cases
    or ledger.checksum is distinct from history.checksum
