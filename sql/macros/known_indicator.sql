-- parameters: wanted
-- scalar
-- The indicator of that code; an error that says where codes are listed, and the nearest, where there is none.
select
    case
        when max(likened.nearness) = 2 then max_by(likened.code, likened.nearness)
        else error(concat(
            'There is no indicator ', wanted, '. Did you mean ',
            cast(max_by(likened.code, likened.nearness) as varchar), '? The table indicators lists them all.'
        ))
    end as code
from (
    select
        indicators.indicator as code,
        case
            when cast(indicators.indicator as varchar) = cast(wanted as varchar) then 2
            else jaro_winkler_similarity(lower(cast(wanted as varchar)), cast(indicators.indicator as varchar))
        end as nearness
    from indicators
) as likened
