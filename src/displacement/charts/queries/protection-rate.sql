-- A row is a year with decisions on asylum claims, in persons: of the world, or of a country (getvariable('country')) in a
-- role (getvariable('role')). Sums are divided, rates never averaged. Decisions of all levels, closed claims left out;
-- decisions counted in cases are not among them.
select
    year,
    getvariable('role') as role,
    cast(sum(recognized) as bigint) as recognized,
    cast(sum(complementary) as bigint) as complementary,
    cast(sum(rejected) as bigint) as rejected,
    cast(sum(decisions) as bigint) as decisions,
    coalesce(sum(recognized), 0) / sum(decisions) as recognition_rate,
    (coalesce(sum(recognized), 0) + coalesce(sum(complementary), 0)) / sum(decisions) as total_protection_rate
from asylum_outcomes
where
    unit = 'persons'
    and decisions is not null
    and (
        getvariable('country') is null
        or (getvariable('role') = 'asylum' and asylum = getvariable('country'))
        or (getvariable('role') = 'origin' and origin = getvariable('country'))
    )
group by year
order by year
