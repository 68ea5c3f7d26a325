-- A row is a country of origin or asylum (getvariable('role')) with people displaced across borders at a year-end
-- (getvariable('year'), else the newest). Unknown and stateless have no place on a map and are rows all the same.
select
    country_totals.country,
    countries.name,
    countries.kind,
    country_totals.reference_date,
    country_totals.refugees,
    country_totals.asylum_seekers,
    country_totals.oip,
    country_totals.displaced_across
from country_totals
inner join countries on country_totals.country::varchar = countries.iso3::varchar
where
    country_totals.role = getvariable('role')
    and country_totals.displaced_across is not null
    and country_totals.reference_date = (
        select max(reference_date)
        from country_totals
        where
            role = getvariable('role')
            and period = 'year-end'
            and displaced_across is not null
            and year = coalesce(getvariable('year'), year)
    )
order by country_totals.displaced_across desc, country_totals.country
