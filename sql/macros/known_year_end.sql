-- parameters: wanted
-- kind: scalar
-- The 31 December of a year that has year-end figures; an error that gives the first and the last where it has none.
select
    case
        when bool_or(known.day = make_date(wanted, 12, 31)) then make_date(wanted, 12, 31)
        else error(concat(
            'There are no year-end figures of ', wanted, '. Known years: ', min(year(known.day)), ' to ',
            max(year(known.day)), '.'
        ))
    end as day
from (
    select global_totals.reference_date as day
    from global_totals
    where global_totals.period = 'year-end'
) as known
