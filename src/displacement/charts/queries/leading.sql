-- A row is a year-end of one of the ten largest countries of origin or asylum (getvariable('role')) at a year-end
-- (getvariable('year'), else the newest), ranked by refugees and others in need of international protection, as UNHCR
-- ranks them; displaced_across, with asylum-seekers, is beside it, so the lines begin where those are known by country.
with top_ten as (
    select
        country,
        rank,
        cumulative_share
    from rankings
    where
        role = getvariable('role')
        and measure = 'refugees_and_oip'
        and rank <= 10
        and reference_date = (
            select max(reference_date)
            from rankings
            where
                role = getvariable('role')
                and measure = 'refugees_and_oip'
                and period = 'year-end'
                and year = coalesce(getvariable('year'), year)
        )
)
select
    top_ten.rank,
    top_ten.country,
    countries.name,
    country_totals.reference_date,
    country_totals.year,
    country_totals.refugees_and_oip,
    country_totals.displaced_across,
    top_ten.cumulative_share
from top_ten
inner join countries on top_ten.country = countries.iso3
inner join country_totals on top_ten.country = country_totals.country
where
    country_totals.role = getvariable('role')
    and country_totals.period = 'year-end'
    and country_totals.refugees_and_oip is not null
    and country_totals.year <= coalesce(getvariable('year'), country_totals.year)
    and country_totals.year >= (
        select min(country_totals.year)
        from country_totals
        inner join countries on country_totals.country = countries.iso3
        where
            country_totals.role = getvariable('role')
            and country_totals.asylum_seekers is not null
            and countries.kind = 'country or territory'
    )
order by top_ten.rank, top_ten.country, country_totals.reference_date
