-- parameters: wanted
-- scalar
-- The country of that code; an error that says where codes are listed, and the nearest, where there is none.
-- One pass over the countries: the code itself is nearer than a name, a name nearer than any code like it.
select
    case
        when max(likened.nearness) = 3 then max_by(likened.code, likened.nearness)
        else error(concat(
            'There is no country ', wanted, '. Codes are ISO 3166-1 alpha-3; did you mean ',
            cast(max_by(likened.code, likened.nearness) as varchar), '? The table countries lists them all.'
        ))
    end as code
from (
    select
        countries.iso3 as code,
        case
            when cast(countries.iso3 as varchar) = cast(wanted as varchar) then 3
            when lower(countries.name) = lower(cast(wanted as varchar)) then 2
            else jaro_winkler_similarity(upper(cast(wanted as varchar)), cast(countries.iso3 as varchar))
        end as nearness
    from countries
) as likened
