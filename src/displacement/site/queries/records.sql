-- A row is the total of an indicator for a country, a role and a reference date, with the number of records it sums.
with sides as (
    select
        indicator,
        reference_date,
        origin::varchar as country,
        'origin' as role
    from figures
    union all
    select
        indicator,
        reference_date,
        asylum::varchar as country,
        'asylum' as role
    from figures
    union all
    select
        indicator,
        reference_date,
        'WLD' as country,
        'world' as role
    from figures
)

select
    indicator,
    role,
    country,
    reference_date,
    count(*) as records
from sides
group by indicator, role, country, reference_date
