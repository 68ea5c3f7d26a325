-- parameters: iso3
-- A row is a release, a role, an indicator and a reference date for which a release revised figures of a country, as
-- origin or as asylum: revisions_by_country('TUR').
select
    revisions.release,
    roles.role,
    revisions.indicator,
    revisions.reference_date,
    revisions.period,
    count(*) as figures_revised,
    count(*) filter (revisions.event = 'changed') as changed,
    count(*) filter (revisions.event = 'withdrawn') as withdrawn,
    count(*) filter (revisions.event = 'returned') as returned,
    count(*) filter (revisions.event = 'added') as added,
    cast(sum(revisions.value_before) as bigint) as value_before,
    cast(sum(revisions.value_after) as bigint) as value_after,
    cast(sum(revisions.difference) as bigint) as difference
from revisions
inner join (values ('origin'), ('asylum')) as roles (role)
    on
        (roles.role = 'origin' and revisions.origin = known_country(iso3))
        or (roles.role = 'asylum' and revisions.asylum = known_country(iso3))
group by revisions.release, roles.role, revisions.indicator, revisions.reference_date, revisions.period
order by revisions.release, roles.role, abs(sum(revisions.difference)) desc, revisions.indicator, revisions.reference_date
