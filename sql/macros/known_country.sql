-- parameters: wanted
-- scalar
-- The country of that code; an error that says where codes are listed, and the nearest, where there is none.
select
    case
        when count(*) > 0 then max(known.code)
        else error(concat(
            'There is no country ', wanted, '. Codes are ISO 3166-1 alpha-3; did you mean ',
            coalesce((
                select max(cast(named.code as varchar))
                from (select countries.iso3 as code, countries.name as name from countries) as named
                where lower(named.name) = lower(cast(wanted as varchar))
            ), (
                select min_by(cast(listed.code as varchar), jaro_winkler_similarity(
                    upper(cast(wanted as varchar)), cast(listed.code as varchar)
                ) * -1)
                from (select countries.iso3 as code from countries) as listed
            )),
            '? The table countries lists them all.'
        ))
    end as code
from (select countries.iso3 as code from countries) as known
where cast(known.code as varchar) = cast(wanted as varchar)
