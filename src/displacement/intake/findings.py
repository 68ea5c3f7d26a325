"""What the expectations found amiss in a raw table, and what follows: rows in quarantine, indicators held, a stop.

The effect of each rule and the share of rows that may be set aside stand in `expectations.toml`; here they are applied,
and put into sentences that say which rule, which numbers and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.intake import facts, quarantine
from displacement.intake.expectations import Effect, Expected, hold_against, read_expectations
from displacement.intake.layouts import Dataset
from displacement.intake.model import Hold
from displacement.quality.results import Result
from displacement.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUARANTINED_SHARE = "quarantined_share"
"""The name of the rule that no more than a set share of a table's rows is set aside."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason for which a dataset must not go on."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The results of the rules held against a table, and how many of its rows are set aside."""

    dataset: str
    rows: int
    rows_aside: int
    results: tuple[Result, ...]

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows in quarantine by the rule they broke."""
        expected = read_expectations().of(self.dataset)
        failed = (result for result in self.results if not result.passed)
        return {r.rule: r.rows_failed for r in failed if expected[r.rule].sets_rows_aside}

    def failed(self, effect: Effect) -> list[tuple[Result, Expected]]:
        """Return the failed results of the rules with an effect."""
        expected = read_expectations().of(self.dataset)
        pairs = ((result, expected[result.rule]) for result in self.results if not result.passed)
        return [(result, rule) for result, rule in pairs if rule.effect == effect]

    def stops(self, *effects: Effect) -> list[Stop]:
        """Return the reasons for which the whole dataset stops: failed rules of these effects, too many rows aside."""
        failed = [pair for effect in effects for pair in self.failed(effect)]
        stops = [Stop(result.rule, f"{self.dataset}: {_sentence(result, rule)}") for result, rule in failed]
        limit = read_expectations().most_set_aside
        if self.rows_aside > limit * self.rows:
            counted = ", ".join(f"{rule} {count:,}" for rule, count in self.quarantined.items())
            words = (
                f"{self.dataset}: {self.rows_aside:,} of {self.rows:,} rows are in quarantine, more than {limit:.0%} "
                f"({counted}). {read_expectations().remedy}"
            )
            stops.append(Stop(QUARANTINED_SHARE, words))
        return stops


def examine(
    connection: DuckDBPyConnection, source: Path, release: date, dataset: Dataset, settings: Settings
) -> Findings:
    """Hold the expectations against the rows, and put those that break one into quarantine."""
    expected = read_expectations().of(dataset.name)
    validations = hold_against(connection, dataset.name, expected, settings.sql)
    rows_aside = quarantine.note(connection, expected, validations)
    quarantine.keep(connection, source, release, dataset.name, expected, settings.quarantine)
    rows = int(connection.sql("select count(*) from rows").fetchall()[0][0])
    return Findings(dataset.name, rows, rows_aside, tuple(r for each in validations for r in each.results))


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
