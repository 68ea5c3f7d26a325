-- A row is a count of people displaced inside their country, as the Internal Displacement Monitoring Centre estimates them.
select 'idmc_idps' as indicator, year, origin, asylum, total as value
from chosen_rows
