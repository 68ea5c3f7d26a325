"""Bad data stops at the door, named: what must hold for each table, held against it on every build.

The entries a pipeline needs are here. `rules` says what must hold, `validation` evaluates it, `quarantine` keeps the
rows that broke a rule, `store` the results, and `report` shows them. Nothing here knows how a table is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from displacement.catalogue import Table, load_catalogue
from displacement.errors import DisplacementError
from displacement.quality import frames, pushed
from displacement.quality.frames import Frame
from displacement.quality.quarantine import quarantine as keep_failing_rows
from displacement.quality.report import write_report
from displacement.quality.results import Result, in_one_sentence, require_sound, stopping
from displacement.quality.rules import LEDGER, References, Suite, ledger_suites, suite_for
from displacement.quality.sql_checks import run_checks
from displacement.quality.store import are_of, read_results, result_from, store_inputs, store_results
from displacement.quality.validation import Validation, prepare, validate
from displacement.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "LEDGER",
    "SQL_CHECKS",
    "Frame",
    "References",
    "Result",
    "Suite",
    "Validation",
    "check_ledger",
    "check_rows",
    "check_sql",
    "check_table",
    "evidence",
    "in_one_sentence",
    "newest_results",
    "prepare",
    "read_results",
    "references",
    "require_of",
    "require_sound",
    "result_from",
    "run_checks",
    "stopping",
    "validate",
    "vouch",
    "write_report",
]

SQL_CHECKS = "sql_checks"
"""The name under which the results of `sql/checks` are stored."""

LARGE = 1_000_000
"""Rows above which a table is held against its rules where it is (`pushed`): a frame of it would take gigabytes."""

_LEDGER_REFERENCES = ("indicators.indicator", "countries.iso3", "releases.release")


def check_table(table: Table, frame: Frame, known: References, settings: Settings) -> list[Result]:
    """Hold all rules of a table against its rows; quarantine the rows that break one, and store the results.

    Args:
        table: the table as the catalogue describes it.
        frame: its rows, with what its rules need beside them: see `evidence`.
        known: the codes that columns may refer to: see `references`.
        settings: where quarantine and results are kept.
    """
    return _settled(table.name, [validate(suite_for(table, known), frame)], settings)


def check_rows(connection: DuckDBPyConnection, table: Table, known: References, settings: Settings) -> list[Result]:
    """Hold all rules of a table against its rows in the connection, as a frame or, of a large table, where they are."""
    if _rows(connection, table.name) <= LARGE:
        return check_table(table, evidence(connection, table, settings), known, settings)
    query = frames.evidence_query(table.name, table.column_names, settings.sql)
    return _settled(table.name, [pushed.validate(suite_for(table, known), connection, query)], settings)


def check_ledger(connection: DuckDBPyConnection, settings: Settings) -> list[Result]:
    """Hold the rules of the ledger against `raw_figures`, before any model is made from it.

    The connection holds `raw_figures`, `raw_indicators`, `raw_countries`, `raw_releases` and `raw_release_datasets`
    as tables or views; all but the figures may hold plain text.
    """
    suites = ledger_suites(references(connection, _LEDGER_REFERENCES, prefix="raw_"))
    is_large = _rows(connection, "raw_figures") > LARGE
    validations = [
        pushed.validate(suite, connection, frames.evidence_query(name, (), settings.sql))
        if is_large
        else validate(suite, frames.evidence(connection, name, (), settings.sql))
        for name, suite in suites.items()
    ]
    return _settled(LEDGER, validations, settings)


def _rows(connection: DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f'select count(*) from "{table}"').fetchall()[0][0])


def check_sql(connection: DuckDBPyConnection, settings: Settings) -> list[Result]:
    """Run `sql/checks` against the tables of a connection; keep the rows they return, and store the results."""
    results = run_checks(connection, settings.sql / "checks", settings.quarantine)
    store_results(SQL_CHECKS, results, settings.quality)
    return results


def evidence(connection: DuckDBPyConnection, table: Table, settings: Settings) -> Frame:
    """Return the rows of a table with what its rules need beside them (`sql/evidence/<table>.sql`, if any)."""
    return frames.evidence(connection, table.name, table.column_names, settings.sql)


def references(
    connection: DuckDBPyConnection, wanted: Iterable[Table | str], prefix: str = ""
) -> dict[str, tuple[object, ...]]:
    """Return the known codes by `table.column`: those that tables refer to, or those named.

    Args:
        connection: holds the reference tables, their names after `prefix`.
        wanted: tables of the catalogue, or names such as `countries.iso3`.
        prefix: what the names of the tables begin with in this connection.
    """
    names = {name for item in wanted for name in ([item] if isinstance(item, str) else _referred_to(item))}
    return {name: _codes(connection, prefix, *name.split(".")) for name in sorted(names)}


def _referred_to(table: Table) -> list[str]:
    return [column.references for column in table.columns if column.references]


def _codes(connection: DuckDBPyConnection, prefix: str, table: str, column: str) -> tuple[object, ...]:
    """Return the distinct values of a column, days as days even where a source holds them as text."""
    described = load_catalogue().tables[table].columns
    days = any(each.name == column and each.type == "date" for each in described)
    value = f'"{column}"::date' if days else f'"{column}"'
    rows = connection.sql(f'select distinct {value} from "{prefix}{table}" order by all').fetchall()
    return tuple(row[0] for row in rows)


def newest_results(settings: Settings, but: str | None = None) -> list[Result]:
    """Return the newest results of the ledger, of every table that has rules of its own, and of the checks across them.

    Args:
        settings: where they are kept.
        but: a table whose results are not wanted.
    """
    tables = (name for name, table in load_catalogue().tables.items() if not table.checked_by and name != but)
    return read_results(settings.quality, [LEDGER, SQL_CHECKS, *tables])


def vouch(name: str, inputs: str, settings: Settings) -> None:
    """Store which inputs the newest results of the ledger, or of the checks across tables, are of."""
    store_inputs(name, inputs, settings.quality)


def require_of(inputs: str, settings: Settings) -> None:
    """See to it that the ledger and the tables were checked together as they are now.

    Args:
        inputs: fingerprint of what the tables are made from.
        settings: where results are kept.

    Raises:
        DisplacementError: the newest results are those of other inputs.
    """
    for name in (LEDGER, SQL_CHECKS):
        if not are_of(name, inputs, settings.quality):
            raise DisplacementError(
                f"The step {name} was not done since the figures, the SQL or the program changed, so nobody knows "
                f"whether these tables are sound. Ask for {name} too, or run the whole job."
            )


def _settled(name: str, validations: list[Validation], settings: Settings) -> list[Result]:
    for validation in validations:
        keep_failing_rows(validation, settings.quarantine)
    results = [result for validation in validations for result in validation.results]
    store_results(name, results, settings.quality)
    return results
