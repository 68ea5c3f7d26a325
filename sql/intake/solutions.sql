-- A row is a count of the solutions table under the indicator it belongs to. Its returns are those of the population table
-- again, and are left there.
select indicator, year, origin, asylum, value
from chosen_rows
unpivot (value for indicator in (resettlement, naturalisation))
