"""What every DuckDB connection of ours that runs long statements has in common."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from displacement.errors import DisplacementError, WrongUseError

if TYPE_CHECKING:
    import duckdb


SPILL = "spill"
"""Where under the home what does not fit into memory goes."""

MEMORY_BYTES = 2_500_000_000
"""What a database in memory holds before it puts some of it on the disk: two of them and Python fit into four GB."""


def bounded(connection: duckdb.DuckDBPyConnection, home: Path) -> duckdb.DuckDBPyConnection:
    """Return the connection of a database in memory, quiet, and with a limit on what it holds.

    What does not fit goes to `home/spill` while it is needed. DuckDB alone would take four fifths of the machine, and
    would put the rest into the directory the command was run in.
    """
    connection.execute(f"set memory_limit = '{memory_bytes()}B'")
    spill = str(home / SPILL).replace("'", "''")
    connection.execute(f"set temp_directory = '{spill}'")
    return quiet(connection)


def memory_bytes() -> int:
    """Return what a database in memory may hold on this machine."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2 * MEMORY_BYTES
    return min(MEMORY_BYTES, machine // 2)


def quiet(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return the connection with DuckDB's progress bar off.

    After two seconds DuckDB would draw a bar on standard output, terminal or not, in the middle of what is read from
    there as JSON. The setting belongs to one connection: every cursor needs it again.
    """
    connection.execute("pragma disable_progress_bar")  # `set` fails in a notebook without ipywidgets
    return connection


def sql_text(value: object) -> str:
    """Return `value` as text for use between single quotes in SQL.

    DuckDB imports pandas at the first bound parameter, which a fast command avoids.
    """
    return str(value).replace("'", "''")


def model_error(what: str, error: duckdb.Error) -> DisplacementError:
    """Return the sentence for SQL that failed: on one line, a full disk and a closed directory told apart."""
    found = " ".join(str(error).split("\nLINE ")[0].split())
    if "No space left" in found:
        return DisplacementError(
            f"The disk is full: {what} could not be written. Free some space and run the command again; "
            "what was published before is untouched."
        )
    for reason in ("Permission denied", "Read-only file system"):
        if reason in found:
            return DisplacementError(
                f"{what} could not be written: {reason}. Choose a directory you may write to with DISPLACEMENT_HOME "
                "and DISPLACEMENT_PUBLIC."
            )
    return DisplacementError(f"{what} failed: {found}")


# --- reading rows -----------------------------------------------------------------------------------------------------

RAISED_BY_SQL = "Invalid Input Error: "
"""What DuckDB puts before the sentences that macros raise with `error()`."""


def first_line(error: Exception) -> str:
    """Return DuckDB's message on one line, without the excerpt of the query."""
    lines = [line.strip() for line in str(error).split("\nLINE ")[0].splitlines()]
    return " ".join(line for line in lines if line).removeprefix(RAISED_BY_SQL)


def text_list(values: Iterable[object]) -> str:
    """Return values as a list for SQL's IN.

    >>> text_list(["SDN", "TCD"])
    "'SDN', 'TCD'"
    """
    return ", ".join(f"'{sql_text(value)}'" for value in values)


def execute(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Run SQL and return its open result.

    Raises:
        WrongUseError: DuckDB refuses it; the message is DuckDB's own, on one line. Or there is no statement.
    """
    import duckdb

    try:
        result = cast("duckdb.DuckDBPyConnection | None", connection.execute(sql))
    except duckdb.Error as error:
        raise WrongUseError(first_line(error)) from error
    if result is None:
        raise WrongUseError("There is no statement to run. Ask for instance: select * from global_totals.")
    return result


def column_names(result: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the columns of an open result."""
    return [str(column[0]) for column in result.description or []]


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries by column name.

    Raises:
        WrongUseError: DuckDB refuses the query.
    """
    result = execute(connection, sql)
    names = column_names(result)
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
