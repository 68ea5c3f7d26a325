-- A row is an origin, a country of asylum and a year in which refugees or internally displaced people found a solution.
-- Whole years only: a figure of 30 June covers January to June and stays in figures. What asylum is differs: refugees
-- returned from it, were resettled to it, or were naturalised by it; internally displaced people returned within it.
select
    origin,
    asylum,
    year,
    max(value) filter (indicator = 'returned_refugees') as returned_refugees,
    max(value) filter (indicator = 'resettlement') as resettlement,
    max(value) filter (indicator = 'naturalisation') as naturalisation,
    max(value) filter (indicator = 'returned_idps') as returned_idps
from figures
where
    indicator in ('returned_refugees', 'resettlement', 'naturalisation', 'returned_idps')
    and period = 'year-end'
group by origin, asylum, year
