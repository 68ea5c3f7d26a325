-- A row is a count of the population table under the indicator it belongs to. Returns are taken from here, and not from the
-- solutions table, which carries the same figures.
select indicator, year, origin, asylum, value
from chosen_rows
unpivot (
    value for indicator in (
        refugees, asylum_seekers, oip, idps, stateless, ooc, hst, returned_refugees, returned_idps
    )
)
