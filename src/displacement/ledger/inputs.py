"""What a ledger is derived from: the shipped ledger, the readings that count, and the decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from displacement.ledger import decisions as decided
from displacement.ledger import readings
from displacement.ledger.decisions import Decision, is_accepted
from displacement.ledger.gate import Edition, Subject
from displacement.ledger.readings import Key, ReadingFile
from displacement.ledger.shipped import ShippedLedger, read_rows, read_shipped

READ_BY_MODELS = ("asylum_decisions_by_level", "demographics", "demographics_by_place", "denominators")
"""Tables that replace those shipped with the program. Others are only kept: the publisher's list of countries must not
pass for the reviewed one of the same name."""


@dataclass(frozen=True)
class Inputs:
    """Everything a ledger is derived from."""

    shipped: ShippedLedger
    readings: Mapping[Key, ReadingFile]
    decisions: tuple[Decision, ...]
    subjects: Mapping[str, Subject]

    def indicators(self, dataset: str) -> list[str]:
        """Return the codes of the indicators of a dataset; none for a table."""
        return [code for code, subject in self.subjects.items() if subject.dataset == dataset]

    def subject(self, code: str) -> Subject:
        """Return an indicator, or a dataset without indicators, as the gate judges it."""
        return self.subjects.get(code) or Subject(code, code, code.replace("_", " ").capitalize(), is_table=True)

    def is_accepted(self, release: date, subject: str) -> bool:
        """Say whether a person accepted an indicator, table or dataset of a release."""
        return is_accepted(self.decisions, release, subject)

    def is_stopped(self, reading: ReadingFile) -> bool:
        """Say whether intake stopped a dataset that has indicators, and nobody accepted it."""
        is_table = not self.indicators(reading.dataset)
        return not is_table and bool(reading.stopped) and not self.is_accepted(reading.release, reading.dataset)

    def stopped(self) -> list[ReadingFile]:
        """Return what intake stopped as a whole and nobody accepted, and what nothing was kept of."""
        found = self.readings.values()
        return [each for each in found if self.is_stopped(each) or (each.kind == "nothing" and each.stopped)]

    @cached_property
    def newest(self) -> dict[Key, date]:
        """The newest reference date of each dataset with indicators that a release has in the ledger."""
        added = {key: each.newest for key, each in self.readings.items() if each.newest and not self.is_stopped(each)}
        return dict(sorted({**self.shipped.newest, **added}.items()))

    @cached_property
    def tables(self) -> dict[Key, Path]:
        """The file of each dataset of a release that has no indicators."""
        added = {key: each.path for key, each in self.readings.items() if each.kind == "table"}
        return {**self.shipped.tables, **added}

    def releases(self) -> list[date]:
        """Return the releases of which anything is known, oldest first."""
        return sorted({release for release, _ in (*self.newest, *self.tables, *self.readings)})

    def editions(self, release: date) -> dict[str, Edition]:
        """Return what a release has in the ledger, held back or not: indicators and tables, by code."""
        found = {
            code: Edition(release, day)
            for (each, dataset), day in self.newest.items()
            if each == release
            for code in self.indicators(dataset)
        }
        return found | {dataset: Edition(release, None) for each, dataset in self.tables if each == release}

    def is_shipped(self, release: date, code: str) -> bool:
        """Say whether an indicator or table of a release is shipped, so that it is never judged."""
        key = (release, self.subject(code).dataset)
        return key in self.shipped.newest or key in self.shipped.tables


def read_subjects(data: Path) -> dict[str, Subject]:
    """Return the indicators as the gate judges them, by their code, in the order of the list of record."""
    rows = read_rows(data / "indicators.csv")
    return {
        row["indicator"]: Subject(row["indicator"], row["dataset"], row["name"], row["in_headline"] == "yes")
        for row in rows
    }


def read_inputs(data: Path, ledger_home: Path, reading_names: list[str], decision_names: list[str]) -> Inputs:
    """Return the inputs of a ledger from the names of its files.

    Raises:
        DisplacementError: a file is damaged.
    """
    made = decided.read(ledger_home, decision_names)
    shipped = read_shipped(data, is_left_out=any(one.verdict == "left out" for one in made))
    counting = readings.counting(readings.read(ledger_home, reading_names), {*shipped.newest, *shipped.tables})
    return Inputs(shipped, counting, made, read_subjects(data))
