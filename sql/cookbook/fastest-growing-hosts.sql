-- question: In which countries of asylum did the number of people grow most over five years?
-- years: 5
-- n: 10
-- Asylum-seekers have a country only from 2000 on: a comparison with a year before is one of unlike numbers.
select
    now.country,
    countries.name,
    before.displaced_across as displaced_before,
    now.displaced_across as displaced_now,
    now.displaced_across - coalesce(before.displaced_across, 0) as grown_by
from country_totals as now
inner join countries on now.country = countries.iso3
left join country_totals as before
    on
        now.country = before.country
        and now.role = before.role
        and before.reference_date = make_date(now.year - $years, 12, 31)
where
    now.role = 'asylum'
    and now.displaced_across is not null
    and countries.kind not in ('unknown', 'stateless')
    and now.reference_date = (select max(reference_date) from global_totals where period = 'year-end')
order by grown_by desc
limit $n
