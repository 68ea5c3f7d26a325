-- A row is a claim, held against the published figures known on the day it was made and against those known now.
-- Measures: headline_total is the newest published world total, mid-year or year-end; headline_mean_yearly_change_3y
-- is the mean change per year over the three years up to the newest published year-end. Claims are checked against
-- what was published, never against the recomputed total, whose past is revised.
with measured as (
    select
        'headline_total' as measure,
        reference_date,
        known_on,
        title,
        total_millions * 1000000 as value
    from headlines
    union all
    select
        'headline_mean_yearly_change_3y' as measure,
        headlines.reference_date,
        headlines.known_on,
        headlines.title,
        (headlines.total_millions - three_years_before.total_millions) / 3 * 1000000 as value
    from headlines
    inner join headlines as three_years_before
        on
            headlines.year = three_years_before.year + 3
            and headlines.period = 'year-end'
            and three_years_before.period = 'year-end'
),

then_known as (
    select
        claims.claim_id,
        max(measured.reference_date) as reference_date
    from claims
    inner join measured
        on claims.measure = measured.measure and measured.known_on <= claims.made_on
    group by claims.claim_id
),

now_known as (
    select
        measure,
        max(reference_date) as reference_date
    from measured
    group by measure
),

compared as (
    select
        claims.claim_id,
        claims.claimant,
        claims.claim,
        claims.measure,
        claims.value as claimed_value,
        claims.unit,
        claims.tolerance,
        claims.made_on,
        cast(round(value_then.value) as bigint) as value_then,
        value_then.reference_date as reference_date_then,
        value_then.title as source_then,
        case
            when value_then.value is null then 'unknown'
            when abs(value_then.value - claims.value) <= claims.tolerance * abs(claims.value) then 'held'
            else 'did not hold'
        end as verdict_then,
        cast(round(value_now.value) as bigint) as value_now,
        value_now.reference_date as reference_date_now,
        value_now.title as source_now,
        case
            when value_now.value is null then 'unknown'
            when abs(value_now.value - claims.value) <= claims.tolerance * abs(claims.value) then 'holds'
            when value_then.value is null then 'does not hold'
            when abs(value_then.value - claims.value) > claims.tolerance * abs(claims.value) then 'does not hold'
            when value_now.value > claims.value then 'outgrown'
            else 'no longer so'
        end as verdict_now
    from claims
    left join then_known on claims.claim_id = then_known.claim_id
    left join measured as value_then
        on
            claims.measure = value_then.measure
            and then_known.reference_date = value_then.reference_date
    left join now_known on claims.measure = now_known.measure
    left join measured as value_now
        on
            claims.measure = value_now.measure
            and now_known.reference_date = value_now.reference_date
),

worded as (
    select
        claim_id,
        case
            when measure = 'headline_total' then '{:.1f} million'
            else '{:+.1f} million a year'
        end as pattern
    from claims
)

select
    compared.claim_id,
    compared.claimant,
    compared.claim,
    compared.measure,
    compared.claimed_value,
    compared.unit,
    compared.tolerance,
    compared.made_on,
    compared.value_then,
    compared.reference_date_then,
    compared.source_then,
    compared.verdict_then,
    compared.value_now,
    compared.reference_date_now,
    compared.source_now,
    compared.verdict_now,
    concat(
        compared.claimant,
        ', ',
        strftime(compared.made_on, '%-d %B %Y'),
        ': "',
        compared.claim,
        '". ',
        case
            when compared.value_then is null then 'No figure published by then is recorded'
            else concat(
                'The newest published by then was ',
                format(worded.pattern, compared.value_then / 1000000),
                ' (',
                strftime(compared.reference_date_then, '%-d %B %Y'),
                ', ',
                compared.source_then,
                case compared.verdict_then when 'held' then '), and the claim held' else '), and the claim did not hold' end
            )
        end,
        '; ',
        case
            when compared.value_now is null then 'none of now is recorded'
            else concat(
                'the newest published now is ',
                format(worded.pattern, compared.value_now / 1000000),
                ' (',
                strftime(compared.reference_date_now, '%-d %B %Y'),
                ', ',
                compared.source_now,
                case compared.verdict_now
                    when 'outgrown' then '): it is outgrown'
                    when 'no longer so' then '): it is no longer so'
                    when 'holds' then '): it holds'
                    else '): it does not hold'
                end
            )
        end,
        '.'
    ) as sentence
from compared
inner join worded on compared.claim_id = worded.claim_id
