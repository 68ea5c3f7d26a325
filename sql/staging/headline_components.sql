-- A row is a component of the forced-displacement total, with how the total treats its absence.
select
    indicator,
    total_stands_without = 'yes' as total_stands_without,
    carried_at_mid_year = 'yes' as carried_at_mid_year,
    note
from raw_headline_components
