-- question: From which columns is the total of forcibly displaced people computed?
-- table: global_totals
-- column: forcibly_displaced
select
    source_table,
    source_column
from meta.lineage
where table_name = $table and column_name = $column
order by source_table, source_column
