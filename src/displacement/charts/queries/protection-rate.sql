-- A row is a year with decisions on asylum claims, in persons: of the world, or of a country (getvariable('country')) in a
-- role (getvariable('role')). Sums are divided, rates never averaged. Decisions of all levels, closed claims left out;
-- decisions counted in cases are not among them. partial_in has the countries of asylum with part of the year only: where
-- countries are added up their decisions are left out. So are years with fewer than a hundred decisions.
select
    year,
    getvariable('role') as role,
    string_agg(distinct cast(asylum as varchar), ' ' order by cast(asylum as varchar)) filter (is_partial_year)
        as partial_in,
    cast(sum(recognized) filter (is_counted) as bigint) as recognized,
    cast(sum(complementary) filter (is_counted) as bigint) as complementary,
    cast(sum(rejected) filter (is_counted) as bigint) as rejected,
    cast(sum(decisions) filter (is_counted) as bigint) as decisions,
    coalesce(sum(recognized) filter (is_counted), 0) / sum(decisions) filter (is_counted) as recognition_rate,
    (coalesce(sum(recognized) filter (is_counted), 0) + coalesce(sum(complementary) filter (is_counted), 0))
    / sum(decisions) filter (is_counted) as total_protection_rate
from (
    select
        *,
        not is_partial_year
        or (getvariable('role') = 'asylum' and getvariable('country') is not null) as is_counted
    from asylum_outcomes
    where
        unit = 'persons'
        and decisions is not null
        and (
            getvariable('country') is null
            or (getvariable('role') = 'asylum' and asylum = getvariable('country'))
            or (getvariable('role') = 'origin' and origin = getvariable('country'))
        )
) as chosen
group by year
having sum(decisions) filter (is_counted) >= 100
order by year
