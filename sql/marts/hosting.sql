-- A row is a country of asylum and a year-end with people displaced across borders, or under UNRWA's mandate, in it.
-- displaced_across is that of country_totals; the columns ending in _with_unrwa add UNRWA's refugees. A denominator is
-- the newest of the year itself and the three before; its year is in the row. Where there is none, nothing is
-- divided. denominators_known_on is the newest release: denominators are not kept by release. Ranks run over the
-- countries that have the measure, one for the largest.
with hosts as (
    select
        country as asylum,
        reference_date,
        year,
        refugees,
        asylum_seekers,
        oip,
        refugees_and_oip,
        displaced_across,
        unrwa_refugees,
        coalesce(displaced_across, 0) + coalesce(unrwa_refugees, 0) as displaced_across_with_unrwa
    from country_totals
    where
        role = 'asylum'
        and period = 'year-end'
        and (displaced_across is not null or unrwa_refugees is not null)
),

measured as (
    select
        hosts.asylum,
        hosts.reference_date,
        max_by(denominators.value, denominators.year) filter (denominators.indicator = 'population') as population,
        max(denominators.year) filter (denominators.indicator = 'population') as population_year,
        max_by(denominators.value, denominators.year) filter (denominators.indicator = 'gdp_current_usd')
            as gdp_current_usd,
        max(denominators.year) filter (denominators.indicator = 'gdp_current_usd') as gdp_year
    from hosts
    inner join denominators
        on
            hosts.asylum = denominators.country
            and denominators.year between hosts.year - 3 and hosts.year
    group by hosts.asylum, hosts.reference_date
),

divided as (
    select
        hosts.asylum,
        hosts.reference_date,
        hosts.year,
        hosts.refugees,
        hosts.asylum_seekers,
        hosts.oip,
        hosts.refugees_and_oip,
        hosts.displaced_across,
        hosts.unrwa_refugees,
        hosts.displaced_across_with_unrwa,
        measured.population,
        measured.population_year,
        measured.gdp_current_usd,
        measured.gdp_year,
        hosts.displaced_across * 1000 / measured.population as per_1000_inhabitants,
        hosts.displaced_across_with_unrwa * 1000 / measured.population as per_1000_inhabitants_with_unrwa,
        hosts.displaced_across * 1000000 / measured.gdp_current_usd as per_million_usd_gdp,
        hosts.displaced_across_with_unrwa * 1000000 / measured.gdp_current_usd as per_million_usd_gdp_with_unrwa
    from hosts
    left join measured on hosts.asylum = measured.asylum and hosts.reference_date = measured.reference_date
)

select
    asylum,
    reference_date,
    year,
    refugees,
    asylum_seekers,
    oip,
    refugees_and_oip,
    displaced_across,
    unrwa_refugees,
    displaced_across_with_unrwa,
    population,
    population_year,
    gdp_current_usd,
    gdp_year,
    (select max(releases.release) from releases) as denominators_known_on,
    per_1000_inhabitants,
    case
        when per_1000_inhabitants is not null
            then rank() over (partition by reference_date order by per_1000_inhabitants desc nulls last)
    end as rank_per_1000_inhabitants,
    per_1000_inhabitants_with_unrwa,
    case
        when per_1000_inhabitants_with_unrwa is not null
            then rank() over (partition by reference_date order by per_1000_inhabitants_with_unrwa desc nulls last)
    end as rank_per_1000_inhabitants_with_unrwa,
    per_million_usd_gdp,
    case
        when per_million_usd_gdp is not null
            then rank() over (partition by reference_date order by per_million_usd_gdp desc nulls last)
    end as rank_per_million_usd_gdp,
    per_million_usd_gdp_with_unrwa,
    case
        when per_million_usd_gdp_with_unrwa is not null
            then rank() over (partition by reference_date order by per_million_usd_gdp_with_unrwa desc nulls last)
    end as rank_per_million_usd_gdp_with_unrwa
from divided
