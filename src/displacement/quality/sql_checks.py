"""Checks written in SQL, one query a file: returned rows are failures.

A file opens with comment lines that say what must hold; `-- severity: warning` before them makes it a warning, and
`-- table: corridors` names the table it is about where that is not the first one it reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from displacement.errors import DisplacementError
from displacement.quality.quarantine import place, quarantine_rows
from displacement.quality.results import EXAMPLES, Result, Severity
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class SqlCheck:
    """A query whose returned rows are failures."""

    name: str
    description: str
    severity: Severity
    table_name: str | None
    query: str


def run_checks(connection: DuckDBPyConnection, directory: Path, quarantined: Path | None = None) -> list[Result]:
    """Run every check of `directory`, in the order of their names; returned rows go to `quarantined`, if given.

    Raises:
        DisplacementError: a check is not valid SQL, or names a severity that does not exist.
    """
    return [_run(connection, read_check(path), quarantined) for path in sorted(directory.glob("*.sql"))]


def read_check(path: Path) -> SqlCheck:
    """Read a check and the comment it opens with."""
    file = read_sql(path)
    severity = file.options.get("severity", "error")
    if severity not in get_args(Severity):
        raise DisplacementError(f"{path}: severity is {severity}, but may only be error or warning.")
    description = " ".join(line for line in file.note if line) or path.stem.replace("_", " ")
    checked: Severity = "warning" if severity == "warning" else "error"
    return SqlCheck(path.stem, description, checked, file.options.get("table"), file.statement)


def _run(connection: DuckDBPyConnection, check: SqlCheck, quarantined: Path | None) -> Result:
    import duckdb

    try:
        table = check.table_name or _first_table(connection, check.query)
        relation = connection.sql(check.query)
        names, rows = list(relation.columns), relation.fetchall()
        checked = connection.sql(f'select count(*) from "{table}"').fetchall()[0][0] if table else len(rows)
    except duckdb.Error as error:
        raise DisplacementError(f"The check {check.name} in sql/checks cannot be run: {error}") from error
    table = table or "build"
    if quarantined is not None:
        quarantine_rows(place(quarantined, table, check.name), names, rows)
    return Result(
        table_name=table,
        rule=check.name,
        kind="sql check",
        description=check.description,
        severity=check.severity,
        passed=not rows,
        rows_checked=checked,
        rows_failed=len(rows),
        examples=tuple(_line(dict(zip(names, row, strict=True))) for row in rows[:EXAMPLES]),
    )


def _first_table(connection: DuckDBPyConnection, query: str) -> str | None:
    """Return the table a query names first."""
    read = [(match.start(), table) for table in connection.get_table_names(query) if (match := _reading(table, query))]
    return min(read)[1] if read else None


def _reading(table: str, query: str) -> re.Match[str] | None:
    return re.search(rf'\b(?:from|join)\s+"?{re.escape(table)}\b', query, re.IGNORECASE)


def _line(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
