-- A row is a claim, compared with what was known on the day it was made and with what is known now.
-- Measures of the published total (headline_…) are compared with the published series, never with the recomputed total,
-- whose past is revised: headline_total is the newest, mid-year or year-end; headline_mean_yearly_change_3y is the mean
-- change per year over the three years up to the newest published year-end. Measures of indicators (claim_measures) are
-- compared with the figures at the newest year-end that a release covered: then, of the newest release out by that day;
-- now, of the newest. Of the world where the claim names no country. As of an earlier release the sentence names it: only
-- what the newest release knows is known now.
with published as (
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

measure_indicators as (
    select
        claim_measures.measure,
        unnest(string_split(claim_measures.indicators, ' ')) as indicator
    from claim_measures
    where claim_measures.indicators is not null
),

claimed_figures as (
    select
        claims.claim_id,
        claims.country,
        claims.role,
        measure_indicators.indicator,
        indicators.dataset
    from claims
    inner join measure_indicators on claims.measure = measure_indicators.measure
    inner join indicators on measure_indicators.indicator = indicators.indicator
),

covered as (
    select
        claimed_figures.claim_id,
        release_datasets.release,
        min(make_date(
            year(release_datasets.newest_reference_date)
            - case when month(release_datasets.newest_reference_date) = 12 then 0 else 1 end,
            12,
            31
        )) as reference_date
    from claimed_figures
    inner join release_datasets on claimed_figures.dataset = release_datasets.dataset
    where release_datasets.release <= (select max(published_in) from figures_history)
    group by claimed_figures.claim_id, release_datasets.release
),

counted as (
    select
        covered.claim_id,
        covered.reference_date,
        coalesce(releases.published_on, releases.release) as known_on,
        releases.title,
        sum(figures_history.value) as value
    from covered
    inner join releases on covered.release = releases.release
    inner join claimed_figures on covered.claim_id = claimed_figures.claim_id
    inner join figures_history
        on
            claimed_figures.indicator = figures_history.indicator
            and covered.reference_date = figures_history.reference_date
            and covered.release >= figures_history.published_in
            and (figures_history.superseded_in is null or covered.release < figures_history.superseded_in)
            and (
                claimed_figures.country is null
                or (claimed_figures.role = 'origin' and claimed_figures.country = figures_history.origin)
                or (claimed_figures.role = 'asylum' and claimed_figures.country = figures_history.asylum)
            )
    group by covered.claim_id, covered.reference_date, known_on, releases.title
),

measured as (
    select
        claims.claim_id,
        published.reference_date,
        published.known_on,
        published.title,
        published.value
    from claims
    inner join published on claims.measure = published.measure
    union all
    select
        counted.claim_id,
        counted.reference_date,
        counted.known_on,
        counted.title,
        counted.value
    from counted
),

then_known as (
    select
        claims.claim_id,
        measured.reference_date,
        measured.title,
        measured.value,
        row_number() over (
            partition by claims.claim_id order by measured.reference_date desc, measured.known_on desc
        ) as place
    from claims
    inner join measured on claims.claim_id = measured.claim_id and claims.made_on >= measured.known_on
),

now_known as (
    select
        measured.claim_id,
        measured.reference_date,
        measured.title,
        measured.value,
        row_number() over (
            partition by measured.claim_id order by measured.reference_date desc, measured.known_on desc
        ) as place
    from measured
),

compared as (
    select
        claims.claim_id,
        claims.claimant,
        claims.claim,
        claims.measure,
        claims.country,
        claims.role,
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
        end as verdict_now,
        case when claim_measures.indicators is null then '' else 'year-end figure ' end as kind_of_figure,
        concat(
            ' ' || claim_measures.noun,
            case claims.role when 'origin' then ' from ' when 'asylum' then ' in ' end || countries.name
        ) as counts
    from claims
    inner join claim_measures on claims.measure = claim_measures.measure
    left join countries on claims.country = countries.iso3
    left join then_known as value_then on claims.claim_id = value_then.claim_id and value_then.place = 1
    left join now_known as value_now on claims.claim_id = value_now.claim_id and value_now.place = 1
),

known as (
    select
        case
            when max(figures_history.published_in) = (select max(releases.release) from releases) then 'now'
            else strftime(max(figures_history.published_in), 'by the release of %Y-%m-%d')
        end as words
    from figures_history
),

worded as (
    select
        claim_id,
        case
            when unit = 'persons per year' then format('{:+.1f} million a year', value_then / 1000000)
            when value_then < 1000000 then format('{:,}', value_then)
            else format('{:.1f} million', value_then / 1000000)
        end as words_then,
        case
            when unit = 'persons per year' then format('{:+.1f} million a year', value_now / 1000000)
            when value_now < 1000000 then format('{:,}', value_now)
            else format('{:.1f} million', value_now / 1000000)
        end as words_now
    from compared
)

select
    compared.claim_id,
    compared.claimant,
    compared.claim,
    compared.measure,
    compared.country,
    compared.role,
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
            when compared.value_then is null then 'No figure published by then is recorded.'
            else concat(
                case compared.verdict_then
                    when 'held' then 'The claim was right when it was made'
                    else 'The claim was not right when it was made'
                end,
                ': the newest ',
                compared.kind_of_figure,
                'published by then was ',
                worded.words_then,
                compared.counts,
                ' (',
                strftime(compared.reference_date_then, '%-d %B %Y'),
                ', ',
                compared.source_then,
                ').'
            )
        end,
        case
            when compared.value_now is null then concat(' None published ', known.words, ' is recorded.')
            else concat(
                ' The newest ',
                compared.kind_of_figure,
                'published ',
                known.words,
                ' is ',
                case compared.verdict_now when 'outgrown' then 'higher: ' when 'no longer so' then 'lower: ' else '' end,
                worded.words_now,
                compared.counts,
                ' (',
                strftime(compared.reference_date_now, '%-d %B %Y'),
                ', ',
                compared.source_now,
                case compared.verdict_now
                    when 'holds'
                        then format('), within {:.0f} per cent, so the claim is right.', 100 * compared.tolerance)
                    when 'does not hold' then '), so the claim is not right.'
                    else ').'
                end
            )
        end
    ) as sentence
from compared
inner join worded on compared.claim_id = worded.claim_id
cross join known
