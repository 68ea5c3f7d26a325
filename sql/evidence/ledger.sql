-- A row is a row of the ledger (a value of a fact, with the span of releases in which it was current), with what its rules
-- need beside it. What cannot be looked up because a code is unknown is NULL, which rules pass over: the rule for
-- unknown codes names it.
select
    f.indicator,
    f.reference_date,
    f.origin,
    f.asylum,
    f.value,
    f.published_in,
    f.superseded_in,
    (month(f.reference_date) * 100 + day(f.reference_date))::smallint as month_and_day,
    make_date(i.first_year::integer, 1, 1) as first_day,
    d.newest_reference_date::date as newest_reference_date,
    case when i.indicator is not null and r.release is not null then d.release is not null end as release_has_dataset
from raw_figures as f
left join raw_indicators as i on i.indicator = f.indicator
left join raw_releases as r on r.release::date = f.published_in
left join raw_release_datasets as d on d.release::date = f.published_in and d.dataset = i.dataset
