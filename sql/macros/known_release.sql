-- parameters: wanted
-- scalar
-- The release of that day; an error that lists the known ones, and names the nearest, where there is none.
select
    case
        when count(*) > 0 then max(known.day)
        else error(concat(
            'There is no release ', wanted, '. Known releases: ',
            (
                select string_agg(cast(listed.day as varchar), ', ' order by listed.day)
                from (select releases.release as day from releases) as listed
            ),
            '.',
            (
                select
                    ' Did you mean '
                    || min_by(near.day, abs(date_diff('day', near.day, try_cast(cast(wanted as varchar) as date))))
                    || '?'
                from (select releases.release as day from releases) as near
            )
        ))
    end as day
from (select releases.release as day from releases) as known
where cast(known.day as varchar) = cast(wanted as varchar)
