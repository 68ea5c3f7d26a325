-- A row is a year-end and a population type: by how much releases since the first one kept have changed its sum, in the
-- world or for a country (getvariable('country')) in a role (getvariable('role')), and how many figures they changed.
select
    year,
    reference_date,
    indicator,
    getvariable('role') as role,
    cast(sum(difference) as bigint) as difference,
    count(*) as revised_figures,
    max(release) as last_release
from revisions
where
    period = 'year-end'
    and indicator in ('refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps')
    and (
        getvariable('country') is null
        or (getvariable('role') = 'origin' and origin = getvariable('country'))
        or (getvariable('role') = 'asylum' and asylum = getvariable('country'))
    )
group by year, reference_date, indicator
order by year, indicator
