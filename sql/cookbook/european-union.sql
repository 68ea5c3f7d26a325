-- question: How many people displaced across borders are in the European Union, by country?
-- members: EU
-- n: 10
-- Members on the reference date. The last column is the share of all who are in the Union.
select
    country_totals.country,
    countries.name,
    country_totals.refugees,
    country_totals.asylum_seekers,
    country_totals.displaced_across,
    round(country_totals.displaced_across / sum(country_totals.displaced_across) over (), 3) as share_of_group
from country_totals
inner join countries on country_totals.country = countries.iso3
inner join country_groups
    on
        country_totals.country = country_groups.country
        and country_totals.reference_date >= country_groups.member_from
        and (country_groups.member_until is null or country_totals.reference_date <= country_groups.member_until)
where
    country_totals.role = 'asylum'
    and country_groups.group_code = $members
    and country_totals.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by country_totals.displaced_across desc nulls last
limit $n
