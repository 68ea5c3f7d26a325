-- A row is a count of Palestine refugees under UNRWA's mandate.
select 'unrwa_refugees' as indicator, year, origin, asylum, total as value
from chosen_rows
