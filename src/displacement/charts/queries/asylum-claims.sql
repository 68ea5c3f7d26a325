-- A row is a year and a unit (persons or cases) with new asylum claims: of the world, or of a country
-- (getvariable('country')) in a role (getvariable('role')): claims made in it, or by people from it. partial_in has the
-- countries of asylum whose claims are those of part of the year.
select
    year,
    unit,
    getvariable('role') as role,
    string_agg(distinct cast(asylum as varchar), ' ' order by cast(asylum as varchar)) filter (is_partial_year)
        as partial_in,
    cast(sum(applications) as bigint) as applications
from asylum_outcomes
where
    applications is not null
    and (
        getvariable('country') is null
        or (getvariable('role') = 'asylum' and asylum = getvariable('country'))
        or (getvariable('role') = 'origin' and origin = getvariable('country'))
    )
group by year, unit
order by year, unit
