-- parameters: wanted
-- kind: expression
-- The role of that name, whatever its case; an error that lists the two where there is none. It reads no table, as
-- known_country.
select
    case
        when lower(wanted) in ('origin', 'asylum') then lower(wanted)
        else error(concat('There is no role ', wanted, '. Known: origin (people from a place), asylum (people in it).'))
    end as role
