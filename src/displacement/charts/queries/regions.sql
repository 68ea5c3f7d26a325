-- A row is a region of UNHCR (or none: unknown and stateless) and a year-end: people displaced across borders whom it
-- hosts, and those who are from it; from the first year in which asylum-seekers are known by country.
select
    region,
    reference_date,
    year,
    max(displaced_across) filter (role = 'asylum') as hosted,
    max(displaced_across) filter (role = 'origin') as from_here
from region_totals
where
    region_scheme = 'unhcr'
    and period = 'year-end'
    and displaced_across is not null
    and year >= (
        select min(country_totals.year)
        from country_totals
        inner join countries on country_totals.country::varchar = countries.iso3::varchar
        where
            country_totals.role = 'asylum'
            and country_totals.asylum_seekers is not null
            and countries.kind = 'country or territory'
    )
group by region, reference_date, year
order by region, reference_date
