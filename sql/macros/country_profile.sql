-- parameters: iso3
-- A row is a role and a measure for a country at the newest year-end: its value, the year-end before, the change, and
-- its rank and share of the world: country_profile('UKR'). An error for people of unknown origin and stateless people,
-- who are not ranked.
select
    newest.role,
    newest.measure,
    newest.reference_date,
    newest.value,
    year_before.value as value_year_before,
    newest.value - year_before.value as change,
    newest.rank,
    newest.share_of_world
from rankings as newest
left join rankings as year_before
    on
        newest.role = year_before.role
        and newest.measure = year_before.measure
        and newest.country = year_before.country
        and year_before.reference_date = make_date(newest.year - 1, 12, 31)
where
    newest.country = case
        when upper(iso3) in ('UNK', 'XXA')
            then error(concat(upper(iso3), ' is no country, so it has no rank. Its figures are in country_totals.'))
        else known_country(iso3)
    end
    and newest.reference_date = (
        select max(global_totals.reference_date) from global_totals where global_totals.period = 'year-end'
    )
order by newest.role desc, newest.value desc
