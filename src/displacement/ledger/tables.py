"""Datasets without indicators, such as demographics: whole tables, counted by year and compared by a checksum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import DisplacementError
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb


def rows_by_date(connection: duckdb.DuckDBPyConnection, dataset: str, path: Path) -> str:
    """Return the SELECT of `dataset, reference_date, rows` of a table; the date is NULL where it has no years.

    Raises:
        DisplacementError: the file cannot be read.
    """
    day = "make_date(year::int, 12, 31)" if "INT" in _columns(connection, path).get("year", "") else "null::date"
    return (
        f"select '{sql_text(dataset)}' as dataset, {day} as reference_date, count(*) as rows "
        f"from read_parquet('{sql_text(path)}') group by all"
    )


def checksum(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int]:
    """Return the number of rows of a table and a checksum of all its columns, whatever the order of either.

    Raises:
        DisplacementError: the file cannot be read.
    """
    columns = dict(sorted(_columns(connection, path).items()))
    names = sql_text(list(columns))
    values = [f'"{name}"::{"bigint" if "INT" in kind else "varchar"}' for name, kind in columns.items()]
    ((rows, found),) = connection.execute(
        f"select count(*), coalesce(sum(hash('{names}', {', '.join(values)})::hugeint), 0) "
        f"from read_parquet('{sql_text(path)}')"
    ).fetchall()
    return int(rows), int(found)


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    import duckdb

    try:
        rows = connection.execute(f"describe from read_parquet('{sql_text(path)}')").fetchall()
    except duckdb.Error as error:
        raise DisplacementError(f"The table {path} cannot be read ({str(error).splitlines()[0]}).") from error
    return {row[0]: row[1] for row in rows}
