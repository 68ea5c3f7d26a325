-- A row is a country of origin and a year-end: the people displaced from it, inside it and across borders, for each
-- inhabitant. The people are those of country_totals. Inhabitants are the newest figure of the year itself and the three
-- before; most people across borders are not among them, so that the number can be above one. UNRWA's refugees in the
-- State of Palestine are: they are refugees inside the country of their origin. Ranks run over the countries that have it.
with displaced as (
    select
        country,
        reference_date,
        year,
        idmc_idps as inside,
        forcibly_displaced + overlap - coalesce(idmc_idps, 0) as across_with_unrwa,
        overlap,
        forcibly_displaced
    from country_totals
    where role = 'origin' and period = 'year-end' and forcibly_displaced is not null
),

measured as (
    select
        displaced.country,
        displaced.reference_date,
        max_by(denominators.value, denominators.year) as population,
        max(denominators.year) as population_year
    from displaced
    inner join denominators
        on
            displaced.country = denominators.country
            and denominators.indicator = 'population'
            and denominators.year between displaced.year - 3 and displaced.year
    group by displaced.country, displaced.reference_date
)

select
    displaced.country,
    displaced.reference_date,
    displaced.year,
    displaced.inside,
    nullif(displaced.across_with_unrwa, 0) as across_with_unrwa,
    displaced.overlap,
    displaced.forcibly_displaced,
    measured.population,
    measured.population_year,
    (select max(releases.release) from releases) as denominators_known_on,
    displaced.forcibly_displaced / measured.population as per_inhabitant,
    case
        when measured.population is not null then rank() over (
            partition by displaced.reference_date, measured.population is not null
            order by displaced.forcibly_displaced / measured.population desc
        )
    end as rank_per_inhabitant
from displaced
left join measured on displaced.country = measured.country and displaced.reference_date = measured.reference_date
