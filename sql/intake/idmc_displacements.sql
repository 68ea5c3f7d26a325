-- A row is a count of IDMC's own interface under the indicator it belongs to: people displaced inside their country on
-- 31 December (total), and movements during the year (new), by conflict and violence and by disasters. None of them is
-- part of the forced-displacement total.
select indicator, year, origin, asylum, value
from chosen_rows
unpivot (
    value for indicator in (
        conflict_total_displacement as idmc_conflict_idps,
        conflict_new_displacement as idmc_conflict_new_displacements,
        disaster_total_displacement as idmc_disaster_idps,
        disaster_new_displacement as idmc_disaster_new_displacements
    )
)
