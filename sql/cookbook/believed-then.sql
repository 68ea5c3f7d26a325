-- question: What did we believe about 2022 in June 2023, and what is believed now?
-- release: 2023-06-14
-- year: 2022
select
    'then' as known,
    totals.refugees,
    totals.asylum_seekers,
    totals.idmc_idps,
    totals.forcibly_displaced
from global_totals_as_of($release) as totals
where totals.reference_date = make_date($year, 12, 31)
union all
select
    'now' as known,
    totals.refugees,
    totals.asylum_seekers,
    totals.idmc_idps,
    totals.forcibly_displaced
from global_totals as totals
where totals.reference_date = make_date($year, 12, 31)
