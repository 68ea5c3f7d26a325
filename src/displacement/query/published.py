"""Reading the published file: opened read-only, with nothing outside it in reach, and answered in plain forms.

Every command that shows figures goes through here. Making the file is `warehouse`'s business.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.duck import quiet, sql_text

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "displacement.duckdb"
TABLE_ROWS = 200
"""Rows a table on the terminal shows; the other formats give all."""

COPIED = ("headlines", "figures_history", "held_back")
"""Tables whose macro reads the table of the same name: a view of that name would call itself, so rows are copied."""


def open_published(public: Path, as_of: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the published file read-only, with no way to files or the network from SQL.

    Args:
        public: the directory that shows a build.
        as_of: a release; every table that is computed from figures then gives what stood in it.

    Raises:
        DisplacementError: there is no file, or it cannot be opened.
        WrongUseError: there is no such release.
    """
    import duckdb

    path = public / FILE_NAME
    if not path.exists():
        raise DisplacementError(f"There is no build at {path}. Run `displacement build` first.")
    try:
        connection = quiet(duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}))
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        raise DisplacementError(
            f"The file {path} cannot be opened ({first_line(error)}). Run `displacement build`."
        ) from error
    if as_of:
        _turn_back(connection, as_of)
    return connection


OWN_ERROR = "Invalid Input Error: "
"""What DuckDB puts before the sentences that our own macros say."""


def _turn_back(connection: duckdb.DuckDBPyConnection, release: str) -> None:
    """Put views of the same names before the tables, so that they give what stood in a release."""
    answer(connection, f"select known_release('{sql_text(release)}')")
    macros = connection.execute(
        "select function_name from duckdb_functions() where not internal and ends_with(function_name, '_as_of')"
    ).fetchall()
    tables = sorted((name.removesuffix("_as_of") for (name,) in macros), key=lambda table: table not in COPIED)
    for table in tables:  # copies first: a view would read the whole history through its own name
        kind = "table" if table in COPIED else "view"
        connection.execute(f"create temp {kind} {table} as from {table}_as_of('{sql_text(release)}')")


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Run a user's SQL and return its open result.

    Raises:
        WrongUseError: DuckDB refuses it; the message is DuckDB's own, on one line. Or there is nothing to run.
    """
    import duckdb

    try:
        result = cast("duckdb.DuckDBPyConnection | None", connection.execute(sql))
    except duckdb.CatalogException as error:
        raise _not_there(connection, error) from error
    except duckdb.Error as error:
        raise WrongUseError(first_line(error)) from error
    if result is None:
        raise WrongUseError("There is no statement to run. Ask for instance: select * from global_totals.")
    return result


def _not_there(connection: duckdb.DuckDBPyConnection, error: duckdb.CatalogException) -> WrongUseError:
    """Return the error for a table or macro that is not in the file, with those that are."""
    found = re.search(r"(Table Function|Table) with name (\S+) does not exist", str(error))
    if found is None:
        return WrongUseError(first_line(error))
    from displacement.query import names as asking

    kind, listed = _LISTED[found[1]]
    names = connection.execute(listed).fetchall()
    return asking.unknown(kind, found[2].rstrip("!"), [name for (name,) in names])


_LISTED = {
    "Table": (
        "table",
        "select distinct table_name from information_schema.tables where table_schema = 'main' order by table_name",
    ),
    "Table Function": (
        "macro",
        "select function_name from duckdb_functions() "
        "where not internal and function_type = 'table_macro' order by function_name",
    ),
}


def first_line(error: Exception) -> str:
    """Return what DuckDB says is wrong, on one line and without the excerpt of the query."""
    lines = [line.strip() for line in str(error).split("\nLINE ")[0].splitlines()]
    said = " ".join(line for line in lines if line)
    return said.removeprefix(OWN_ERROR)


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries by column name."""
    result = answer(connection, sql)
    names = column_names(result)
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def column_names(result: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the columns of an open result."""
    return [str(column[0]) for column in result.description or []]


# --- forms of an answer -----------------------------------------------------------------------------------------------

FORMATS = ("table", "csv", "json", "markdown")


def in_format(result: duckdb.DuckDBPyConnection, form: str) -> str:
    """Return an open result as text: `table` for people, `csv`, `json` or `markdown` for what comes next.

    Raises:
        WrongUseError: there is no such format, or the SQL fails while its rows are read.
    """
    import duckdb

    if form not in FORMATS:
        raise WrongUseError(f"There is no format {form}. Formats: {', '.join(FORMATS)}.")
    names = column_names(result)
    try:
        found = result.fetchmany(TABLE_ROWS + 1) if form == "table" else result.fetchall()
    except duckdb.Error as error:
        raise WrongUseError(first_line(error)) from error
    if form == "json":
        names = _told_apart(names)
        return as_json([dict(zip(names, row, strict=True)) for row in found])
    if form == "csv":
        return _csv(names, found)
    if form == "markdown":
        return _markdown(names, found)
    grouped = [str(column[1]) in ("BIGINT", "HUGEINT") for column in result.description or []]
    return _table(names, found, grouped)


def as_json(value: object) -> str:
    """Return a value as JSON: dates in ISO form, decimals as numbers, null for what is not a number."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=1, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which no two are equal: the second `a` is `a_1`."""
    apart: list[str] = []
    for name in names:
        candidates = (name, *(f"{name}_{number}" for number in range(1, len(names) + 1)))
        apart.append(next(candidate for candidate in candidates if candidate not in apart))
    return apart


class _Lines(list[str]):
    """The lines a CSV writer writes, without their ends."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n"))


def _csv(names: Sequence[str], found: Sequence[Sequence[Any]]) -> str:
    lines = _Lines()
    csv.writer(lines, lineterminator="\r\n").writerows([names, *found])  # quotes either kind of line end in a text
    return "\n".join(lines)


def _markdown(names: Sequence[str], found: Sequence[Sequence[Any]]) -> str:
    def line(values: Sequence[Any]) -> str:
        return "| " + " | ".join(_text(value).replace("|", "\\|").replace("\n", " ") for value in values) + " |"

    return "\n".join([line(names), "|" + " --- |" * len(names), *(line(row) for row in found)])


def _table(names: Sequence[str], found: Sequence[Sequence[Any]], grouped: Sequence[bool]) -> str:
    """Draw columns side by side: counts with thousands separated and to the right, as in print.

    A few lines of our own, since a library that draws tables takes longer to import than the query takes to run.
    """
    shown = found[:TABLE_ROWS]
    texts = [[_text(value, group) for value, group in zip(row, grouped, strict=True)] for row in shown]
    widths = [max(len(text) for text in column) for column in zip(names, *texts, strict=True)]
    numeric = [
        any(row[place] is not None for row in shown)
        and all(row[place] is None or isinstance(row[place], int | float) for row in shown)
        for place in range(len(names))
    ]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    drawn = [line(names), "  ".join("─" * width for width in widths), *(line(cells) for cells in texts)]
    if len(found) > TABLE_ROWS:
        drawn.append(f"… the first {TABLE_ROWS} rows; --format csv gives all of them")
    elif not shown:
        drawn.append("(no rows)")
    return "\n".join(drawn)


def _text(value: object, grouped: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if grouped else str(value)
