"""What every DuckDB connection of ours that runs long statements has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def quiet(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return the connection with DuckDB's progress bar off.

    After two seconds DuckDB would draw a bar on standard output, terminal or not, in the middle of what is read from
    there as JSON. The setting belongs to one connection: every cursor needs it anew.
    """
    connection.execute("set enable_progress_bar = false")
    return connection
