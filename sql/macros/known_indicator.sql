-- parameters: wanted
-- kind: expression
-- The indicator of that code, whatever its case; an error with the nearest, and where codes are listed, where there is none.
-- It reads no table, as known_country.
select
    case
        when try_cast(lower(wanted) as indicator_code) is not null then lower(wanted)
        else error(concat(
            'There is no indicator ', wanted, '. Did you mean ',
            list_max(list_transform(
                enum_range(cast(null as indicator_code)),
                lambda code: {
                    'nearness': jaro_winkler_similarity(lower(cast(wanted as varchar)), cast(code as varchar)),
                    'code': code
                }
            )).code,
            '? The table indicators lists them all.'
        ))
    end as code
