-- parameters: wanted
-- kind: expression
-- The country of that code, whatever its case; an error with the nearest, and where codes are listed, where there is none.
-- It reads no table: for a known code DuckDB works it out before the query runs. A name people use is nearer than any code
-- that is only like the one asked for; nearness and code are compared as one text, which is half as dear to plan as a structure.
select
    case
        when try_cast(upper(wanted) as country_code) is not null then upper(wanted)
        else error(concat(
            'There is no country ', wanted, '. Codes are ISO 3166-1 alpha-3; did you mean ',
            list_max(list_transform(
                enum_range(cast(null as country_word)),
                lambda word: concat(
                    case
                        when word[5:] ilike wanted then 3
                        when starts_with(lower(word[5:]), lower(concat(wanted, ' '))) then 2
                        else jaro_winkler_similarity(upper(wanted), word[:3])
                    end,
                    word[:3]
                )
            ))[-3:],
            '? The table countries lists them all.'
        ))
    end as code
