-- A row is a column of a table and a column it is computed from.
select
    table_name,
    column_name,
    source_table,
    source_column
from raw_lineage
