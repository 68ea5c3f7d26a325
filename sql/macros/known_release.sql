-- parameters: wanted
-- scalar
-- The release of that day; an error that lists the known ones where there is none.
select
    case
        when count(*) > 0 then max(known.day)
        else error(concat(
            'There is no release ', wanted, '. Known releases: ',
            (
                select string_agg(cast(listed.day as varchar), ', ' order by listed.day)
                from (select releases.release as day from releases) as listed
            ),
            '.'
        ))
    end as day
from (select releases.release as day from releases) as known
where cast(known.day as varchar) = cast(wanted as varchar)
