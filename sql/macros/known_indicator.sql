-- parameters: wanted
-- scalar
-- The indicator of that code; an error that says where codes are listed, and the nearest, where there is none.
select
    case
        when count(*) > 0 then max(known.code)
        else error(concat(
            'There is no indicator ', wanted, '. Did you mean ',
            (
                select min_by(cast(listed.code as varchar), jaro_winkler_similarity(
                    lower(cast(wanted as varchar)), cast(listed.code as varchar)
                ) * -1)
                from (select indicators.indicator as code from indicators) as listed
            ),
            '? The table indicators lists them all.'
        ))
    end as code
from (select indicators.indicator as code from indicators) as known
where cast(known.code as varchar) = cast(wanted as varchar)
