-- question: How far apart are UNHCR's and IDMC's numbers of internally displaced people in Ethiopia?
-- country: ETH
-- Two series with sources of their own: IDMC estimates all whom conflict and violence displaced, UNHCR counts those it
-- protects or assists. Either can be larger. They are never added; the total uses IDMC's.
-- A year without a row has neither figure, or both were withdrawn, as IDMC's of Türkiye for 2020 to 2023 were (@withdrawn).
select
    year,
    idmc_idps,
    idps as unhcr_idps,
    idmc_idps - idps as difference
from country_totals
where country = $country and role = 'asylum' and period = 'year-end' and (idmc_idps is not null or idps is not null)
order by year desc
limit 6
