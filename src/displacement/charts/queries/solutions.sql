-- A row is a year with solutions, of the world or of a country (getvariable('country')) in a role (getvariable('role')):
-- as origin refugees who returned to it, were resettled or naturalised elsewhere, and its own people who went home inside
-- it; as asylum refugees who left it for home, or whom it received by resettlement or naturalised.
select
    year,
    getvariable('role') as role,
    cast(sum(returned_refugees) as bigint) as returned_refugees,
    cast(sum(resettlement) as bigint) as resettlement,
    cast(sum(naturalisation) as bigint) as naturalisation,
    case when getvariable('role') <> 'asylum' then cast(sum(returned_idps) as bigint) end as returned_idps
from solutions
where
    getvariable('country') is null
    or (getvariable('role') = 'origin' and origin = getvariable('country'))
    or (
        getvariable('role') = 'asylum'
        and asylum = getvariable('country')
        and coalesce(returned_refugees, resettlement, naturalisation) is not null
    )
group by year
order by year
