"""Rows of a raw table that broke an expectation: noted for the steps that follow, and kept as they were published.

They stand under `home/quarantine/` as `<release>.<dataset>.<rule>.csv` until the release is read again and the rule
holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.intake.expectations import Expected
from displacement.quality.quarantine import place, quarantine_rows
from displacement.quality.validation import Validation
from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def note(connection: DuckDBPyConnection, expected: Mapping[str, Expected], validations: Iterable[Validation]) -> int:
    """Make the table `set_aside` of the rows in quarantine: row, rule, effect; return how many rows these are.

    The table `failing` (row, rule) beside it also has the rows that only are a warning.
    """
    connection.execute("create or replace temp table failing (row bigint, rule varchar)")
    for validation in validations:
        for rule, frame in validation.failing.items():
            if expected[rule].rule.evidence is None:
                rows: Any = frame
                connection.register("found", rows[["row"]])
                connection.execute(f"insert into failing select row, '{sql_text(rule)}' from found")
                connection.unregister("found")
    effects = ", ".join(f"('{sql_text(name)}', '{each.effect}')" for name, each in expected.items() if each.sets_aside)
    listed = (
        f"select * from (values {effects}) as effects(rule, effect)" if effects else "select '' as rule, '' as effect"
    )
    connection.execute(
        f"create or replace temp table set_aside as select row, rule, effect from failing join ({listed}) using (rule)"
    )
    return int(connection.sql("select count(distinct row) from set_aside").fetchall()[0][0])


def keep(
    connection: DuckDBPyConnection, source: Path, release: date, dataset: str, rules: Iterable[str], directory: Path
) -> None:
    """Write the rows of `failing` by rule as they stand in the raw table; remove those of rules that hold again."""
    failed = {str(rule) for (rule,) in connection.sql("select distinct rule from failing").fetchall()}
    for rule in rules:
        path = place(directory, f"{release}.{dataset}", rule)
        if rule in failed:
            _write(connection, source, rule, path)
        else:
            quarantine_rows(path, (), ())


def _write(connection: DuckDBPyConnection, source: Path, rule: str, path: Path) -> None:
    import duckdb

    query = f"""
        select file_row_number as row, * exclude (file_row_number)
        from read_parquet('{sql_text(source)}', file_row_number = true)
        where file_row_number in (select row from failing where rule = '{sql_text(rule)}')
        order by row
    """
    with written_whole(path) as temporary:
        try:
            connection.execute(f"copy ({query}) to '{sql_text(temporary)}' (format csv, header)")
        except duckdb.Error as error:
            raise model_error(str(path), error) from error
