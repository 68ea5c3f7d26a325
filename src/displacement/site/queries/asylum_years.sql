-- A row is a country of asylum and a year, in persons: new asylum claims made in it, and the share of decisions that gave
-- protection where there were at least a thousand in a whole year; a share of few decisions, or of part of a year,
-- means little.
select
    asylum as country,
    year,
    cast(sum(applications) as bigint) as applications,
    case
        when not bool_or(is_partial_year) and sum(decisions) >= 1000
            then (coalesce(sum(recognized), 0) + coalesce(sum(complementary), 0)) / sum(decisions)
    end as total_protection_rate
from asylum_outcomes
where unit = 'persons'
group by asylum, year
order by asylum, year
