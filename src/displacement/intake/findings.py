"""What the expectations found wrong in a raw table, and what follows: rows in quarantine, indicators held, a stop.

The effect of each rule and the share of rows that may be in quarantine are in `expectations.toml`; here they are
applied, and put into sentences that name the rule, the numbers and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.intake import facts
from displacement.intake.expectations import Effect, Expected, check_rows, read_expectations
from displacement.intake.model import Hold
from displacement.quality.quarantine import place, quarantine_rows
from displacement.quality.results import Result
from displacement.quality.validation import Validation
from displacement.settings import Settings
from displacement.sources.layouts import Dataset
from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUARANTINED_SHARE = "quarantined_share"
"""The name of the rule that no more than a set share of a table's rows is in quarantine."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason for which a dataset must not go on."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The results of the rules of a table, and how many of its rows are in quarantine."""

    dataset: str
    rows: int
    in_quarantine: int
    results: tuple[Result, ...]

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows in quarantine by the rule they broke."""
        expected = read_expectations().of(self.dataset)
        failed = (result for result in self.results if not result.passed)
        return {r.rule: r.rows_failed for r in failed if expected[r.rule].quarantines_rows}

    def failed(self, effect: Effect) -> list[tuple[Result, Expected]]:
        """Return the failed results of the rules with an effect."""
        expected = read_expectations().of(self.dataset)
        pairs = ((result, expected[result.rule]) for result in self.results if not result.passed)
        return [(result, rule) for result, rule in pairs if rule.effect == effect]

    def stops(self, *effects: Effect) -> list[Stop]:
        """Return why the whole dataset stops: failed rules of these effects, too many rows in quarantine."""
        failed = [pair for effect in effects for pair in self.failed(effect)]
        stops = [Stop(result.rule, f"{self.dataset}: {_sentence(result, rule)}") for result, rule in failed]
        limit = read_expectations().most_set_aside
        if self.in_quarantine > limit * self.rows:
            counted = ", ".join(f"{rule} {count:,}" for rule, count in self.quarantined.items())
            words = (
                f"{self.dataset}: {self.in_quarantine:,} of {self.rows:,} rows are in quarantine, more than "
                f"{limit:.0%} ({counted}). {read_expectations().remedy}"
            )
            stops.append(Stop(QUARANTINED_SHARE, words))
        return stops


def examine(
    connection: DuckDBPyConnection, source: Path, release: date, dataset: Dataset, settings: Settings
) -> Findings:
    """Check the rows against the expectations, and put those that break one into quarantine."""
    expected = read_expectations().of(dataset.name)
    validations = check_rows(connection, dataset.name, expected, settings.sql)
    in_quarantine = _note_failing(connection, expected, validations)
    _keep_failing(connection, source, release, dataset.name, expected, settings.quarantine)
    rows = int(connection.sql("select count(*) from rows").fetchall()[0][0])
    return Findings(dataset.name, rows, in_quarantine, tuple(r for each in validations for r in each.results))


def holds(connection: DuckDBPyConnection, dataset: Dataset, found: Findings, sql: Path) -> tuple[Hold, ...]:
    """Return the indicators that are held back: those with a value in rows that could not be understood."""
    return tuple(
        Hold(indicator, result.rule, f"{indicator}: {_sentence(result, expected)}")
        for result, expected in found.failed("hold")
        for indicator in facts.indicators_of(connection, dataset, sql, result.rule)
    )


def first_rule_and_sentences(stops: Sequence[Stop]) -> tuple[str | None, str | None]:
    """Return the name of the first rule that stops, and the sentences of all; None and None where nothing does."""
    if not stops:
        return None, None
    return stops[0].rule, " ".join(stop.sentence for stop in stops)


def _sentence(result: Result, expected: Expected) -> str:
    what = expected.rule.evidence or "rows"
    counted = f" in {result.rows_failed:,} of {result.rows_checked:,} {what}" if result.rows_failed else ""
    first = f", the first {result.examples[0]}" if result.examples else ""
    return f"{result.rule} does not hold{counted}{first}. {result.description} {expected.remedy}".strip()


# --- quarantine: rows that broke a rule, as they were published, in `<release>.<dataset>.<rule>.csv` ------------------


def _note_failing(
    connection: DuckDBPyConnection, expected: Mapping[str, Expected], validations: Iterable[Validation]
) -> int:
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
    effects = ", ".join(f"('{sql_text(name)}', '{each.effect}')" for name, each in expected.items() if each.quarantines)
    listed = (
        f"select * from (values {effects}) as effects(rule, effect)" if effects else "select '' as rule, '' as effect"
    )
    connection.execute(
        f"create or replace temp table set_aside as select row, rule, effect from failing join ({listed}) using (rule)"
    )
    return int(connection.sql("select count(distinct row) from set_aside").fetchall()[0][0])


def _keep_failing(
    connection: DuckDBPyConnection, source: Path, release: date, dataset: str, rules: Iterable[str], directory: Path
) -> None:
    """Write the rows in quarantine by rule as they are in the raw table; remove those of rules that hold again.

    Rows that are only noticed have passed: 93,663 flows whose ISO codes were names lay in quarantine, and were in the
    figures.
    """
    failed = {str(rule) for (rule,) in connection.sql("select distinct rule from set_aside").fetchall()}
    for rule in rules:
        path = place(directory, f"{release}.{dataset}", rule)
        if rule in failed:
            _write_failing(connection, source, rule, path)
        else:
            quarantine_rows(path, (), ())


def _write_failing(connection: DuckDBPyConnection, source: Path, rule: str, path: Path) -> None:
    import duckdb

    query = f"""
        select file_row_number as row, * exclude (file_row_number)
        from read_parquet('{sql_text(source)}', file_row_number = true)
        where file_row_number in (select row from set_aside where rule = '{sql_text(rule)}')
        order by row
    """
    with written_whole(path) as temporary:
        try:
            connection.execute(f"copy ({query}) to '{sql_text(temporary)}' (format csv, header)")
        except duckdb.Error as error:
            raise model_error(str(path), error) from error
