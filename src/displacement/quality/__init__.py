"""Bad data stops at the door, named: the rules of each table, evaluated in every build.

`rules` lists what must hold. Data from outside (the ledger's figures, reference tables, raw tables at ingest) is
evaluated by Great Expectations (`in_great_expectations`); what is computed from it by DuckDB (`in_sql`, `sql_checks`).
Rows that broke a rule go to `quarantine`, results to `results`, and `report` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from displacement.catalogue import Table, load_catalogue
from displacement.errors import DisplacementError
from displacement.quality import in_great_expectations, in_sql
from displacement.quality.frames import evidence_query, frame_of
from displacement.quality.quarantine import quarantine
from displacement.quality.report import write_report
from displacement.quality.results import (
    Result,
    forget_results,
    in_one_sentence,
    read_results,
    require_sound,
    stopping,
    store_results,
)
from displacement.quality.rules import LEDGER, Suite, ledger_suites, suite_for
from displacement.quality.sql_checks import run_checks
from displacement.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from displacement.quality.validation import Validation

__all__ = [
    "LEDGER",
    "SQL_CHECKS",
    "Result",
    "check_ledger",
    "check_reference",
    "check_sql",
    "check_table",
    "forget_results",
    "in_one_sentence",
    "newest_results",
    "read_results",
    "references",
    "require_complete",
    "require_sound",
    "stopping",
    "write_report",
]

SQL_CHECKS = "sql_checks"
"""The name under which the results of `sql/checks` are stored."""

LARGE = 1_000_000
"""Rows of the ledger above which DuckDB evaluates its rules: a frame of them would take gigabytes."""

_LEDGER_REFERENCES = ("indicators.indicator", "countries.iso3", "releases.release")


def check_ledger(connection: DuckDBPyConnection, settings: Settings) -> list[Result]:
    """Evaluate the rules of the ledger before any model is made from it; quarantine failing rows, store the results.

    The connection holds `raw_figures`, `raw_indicators`, `raw_countries`, `raw_releases` and `raw_release_datasets`
    as tables or views; all but the figures may hold plain text.
    """
    suites = ledger_suites(references(connection, _LEDGER_REFERENCES, prefix="raw_"))
    is_large = int(connection.execute("select count(*) from raw_figures").fetchall()[0][0]) > LARGE
    evaluate = in_sql.validate if is_large else _in_a_frame
    queries = {name: evidence_query(name, (), settings.sql) for name in suites}
    return _settled(LEDGER, [evaluate(suite, connection, queries[name]) for name, suite in suites.items()], settings)


def check_reference(connection: DuckDBPyConnection, table: Table, settings: Settings) -> list[Result]:
    """Evaluate the rules of a reference table with Great Expectations; quarantine failing rows, store the results.

    Args:
        connection: holds the table, and those its columns refer to.
        table: as the catalogue describes it.
        settings: where quarantine and results are kept.
    """
    suite = suite_for(table, references(connection, [table]))
    query = evidence_query(table.name, table.column_names, settings.sql)
    return _settled(table.name, [_in_a_frame(suite, connection, query)], settings)


def check_table(connection: DuckDBPyConnection, table: Table, settings: Settings) -> list[Result]:
    """Evaluate the rules of a model's table with DuckDB; quarantine failing rows, store the results.

    Args:
        connection: holds the table, and those its columns refer to.
        table: as the catalogue describes it.
        settings: where quarantine and results are kept.
    """
    suite = suite_for(table, references(connection, [table]))
    query = evidence_query(table.name, table.column_names, settings.sql)
    return _settled(table.name, [in_sql.validate(suite, connection, query)], settings)


def check_sql(connection: DuckDBPyConnection, settings: Settings) -> list[Result]:
    """Run `sql/checks` on the tables of a connection; quarantine the rows they return, and store the results."""
    results = run_checks(connection, settings.sql / "checks", settings.quarantine)
    store_results(SQL_CHECKS, results, settings.quality)
    return results


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


def newest_results(settings: Settings, but: str | None = None) -> list[Result]:
    """Return the newest results of the ledger, of every table that has rules of its own, and of the checks across them.

    Args:
        settings: where they are kept.
        but: a table whose results are not wanted.
    """
    return read_results(settings.quality, [name for name in _checked() if name != but])


def require_complete(settings: Settings) -> None:
    """Raise where the ledger, a table or the checks across tables have no results since the build began.

    Raises:
        DisplacementError: some were not checked in this build.
    """
    missing = [name for name in _checked() if not (settings.quality / f"{name}.json").exists()]
    if missing:
        raise DisplacementError(
            f"{', '.join(missing)} were not checked in this build, so it is not published. Run the whole job `build`."
        )


def _checked() -> list[str]:
    return [LEDGER, *(name for name, one in load_catalogue().tables.items() if not one.checked_by), SQL_CHECKS]


def _in_a_frame(suite: Suite, connection: DuckDBPyConnection, query: str) -> Validation:
    return in_great_expectations.validate(suite, frame_of(connection, query))


def _referred_to(table: Table) -> list[str]:
    return [column.references for column in table.columns if column.references]


def _codes(connection: DuckDBPyConnection, prefix: str, table: str, column: str) -> tuple[object, ...]:
    """Return the distinct values of a column, days as days even where a source holds them as text."""
    described = load_catalogue().tables[table].columns
    days = any(each.name == column and each.type == "date" for each in described)
    value = f'"{column}"::date' if days else f'"{column}"'
    rows = connection.execute(f'select distinct {value} from "{prefix}{table}" order by all').fetchall()
    return tuple(row[0] for row in rows)


def _settled(name: str, validations: list[Validation], settings: Settings) -> list[Result]:
    for validation in validations:
        quarantine(validation, settings.quarantine)
    results = [result for validation in validations for result in validation.results]
    store_results(name, results, settings.quality)
    return results
