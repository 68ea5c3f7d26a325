-- question: How many refugees live next to their own country, in the least developed countries, and in low- and middle-income ones?
-- years: 5
-- Refugees and other people in need of international protection, as UNHCR counts hosts. Membership on the reference
-- date; income groups are known for the World Bank's fiscal year 2026 only, so the last two columns are empty before.
-- Hosts without a group, Ethiopia most of all, are left out of that share: not_classified counts their people.
select
    corridors.year,
    cast(sum(corridors.refugees_and_oip) as bigint) as refugees_and_oip,
    round(
        sum(corridors.refugees_and_oip) filter (where neighbours.neighbour is not null)
        / sum(corridors.refugees_and_oip),
        3
    ) as share_in_neighbours,
    round(
        sum(corridors.refugees_and_oip) filter (where ldc.country is not null) / sum(corridors.refugees_and_oip), 3
    ) as share_in_least_developed,
    round(
        sum(corridors.refugees_and_oip) filter (where income.group_code <> 'HIGH_INCOME')
        / sum(corridors.refugees_and_oip) filter (where income.group_code is not null),
        3
    ) as share_in_low_and_middle_income,
    case
        when count(income.group_code) > 0
            then cast(sum(corridors.refugees_and_oip) filter (where income.group_code is null) as bigint)
    end as not_classified
from corridors
left join neighbours on corridors.origin = neighbours.country and corridors.asylum = neighbours.neighbour
left join country_groups as ldc
    on
        ldc.group_code = 'LDC'
        and corridors.asylum = ldc.country
        and corridors.reference_date between ldc.member_from and coalesce(ldc.member_until, corridors.reference_date)
left join country_groups as income
    on
        income.group_code in ('LOW_INCOME', 'LOWER_MIDDLE_INCOME', 'UPPER_MIDDLE_INCOME', 'HIGH_INCOME')
        and corridors.asylum = income.country
        and corridors.reference_date between income.member_from and income.member_until
where corridors.period = 'year-end' and corridors.year > (select max(year) from corridors where period = 'year-end') - $years
group by corridors.year
order by corridors.year desc
