-- question: What share of Afghans' claims was accepted in the EU?
-- origin: AFG
-- members: EU
-- years: 5
-- Of the decisions on the substance, all levels together, persons only: recognised as refugees, and with complementary
-- protection as well. Members as of the end of each year. Decisions are added before dividing;
-- partial years are left out.
select
    asylum_outcomes.year,
    cast(sum(asylum_outcomes.recognized) as bigint) as recognized,
    cast(sum(asylum_outcomes.complementary) as bigint) as complementary,
    cast(sum(asylum_outcomes.decisions) as bigint) as decisions,
    round(sum(asylum_outcomes.recognized) / sum(asylum_outcomes.decisions), 3) as recognition_rate,
    round(
        (sum(asylum_outcomes.recognized) + coalesce(sum(asylum_outcomes.complementary), 0))
        / sum(asylum_outcomes.decisions),
        3
    ) as total_protection_rate
from asylum_outcomes
inner join country_groups
    on
        asylum_outcomes.asylum = country_groups.country
        and make_date(asylum_outcomes.year, 12, 31) >= country_groups.member_from
        and (
            country_groups.member_until is null
            or make_date(asylum_outcomes.year, 12, 31) <= country_groups.member_until
        )
where
    asylum_outcomes.origin = $origin
    and asylum_outcomes.unit = 'persons'
    and not asylum_outcomes.is_partial_year
    and country_groups.group_code = $members
    and asylum_outcomes.year > (select max(year) from asylum_outcomes) - $years
group by asylum_outcomes.year
having sum(asylum_outcomes.decisions) >= 100
order by asylum_outcomes.year desc
