-- parameters: wanted
-- kind: scalar
-- The release of that day; an error that lists the known ones, and names the nearest, where there is none.
select
    case
        when bool_or(cast(known.day as varchar) = cast(wanted as varchar))
            then max(known.day) filter (cast(known.day as varchar) = cast(wanted as varchar))
        else error(concat(
            'There is no release ', wanted, '. Known releases: ',
            string_agg(cast(known.day as varchar), ', ' order by known.day), '.',
            ' Did you mean ' || min_by(
                known.day, abs(date_diff('day', known.day, try_cast(cast(wanted as varchar) as date)))
            ) || '?'
        ))
    end as day
from (select releases.release as day from releases) as known
