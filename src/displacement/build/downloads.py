"""Every table as a file of its own: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import unwritable
from displacement.storage.spreadsheets import safe_sql

if TYPE_CHECKING:
    from displacement.build.warehouse import Warehouse

FORMATS = {"csv": "format csv, header", "csv.gz": "format csv, header, compression gzip"}
FORMATS |= {"parquet": "format parquet, compression zstd"}
"""CSV is UTF-8 with one header row, ISO dates, nothing for what is absent, and no text that a spreadsheet would run."""


def write(warehouse: Warehouse, tables: Iterable[str], directory: Path) -> list[Path]:
    """Write `<table>.csv` (of large tables `<table>.csv.gz`) and `<table>.parquet` into a directory; return the files.

    Raises:
        DisplacementError: a file cannot be written.
    """
    import duckdb

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(directory, error) from error

    def copied(job: tuple[str, str]) -> Path:
        table, name = job
        path, form = directory / name, name.partition(".")[2]
        described = warehouse.catalogue.tables[table]
        texts = [
            column.name
            for column in described.columns
            if form != "parquet"
            and column.type == "varchar"
            and not (column.values or column.references or column.name_of)
        ]
        safe = f" replace ({', '.join(f'{safe_sql(name)} as {name}' for name in texts)})" if texts else ""
        order = f" order by {', '.join(described.order)}" if warehouse.is_view(table) else ""
        try:
            with warehouse.cursor() as cursor:
                cursor.execute(f"copy (select *{safe} from {table}{order}) to '{sql_text(path)}' ({FORMATS[form]})")
        except duckdb.Error as error:
            raise model_error(f"The file {path}", error) from error
        return path

    jobs = [(name, file) for name in tables for file in (warehouse.catalogue.tables[name].csv, f"{name}.parquet")]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(copied, jobs))
