"""The result of adding a release, or of a decision about one: everything a person must be told, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from displacement.intake.model import InQuarantine
from displacement.ledger.gate import Finding, in_sentences

DatasetResult = Literal["taken in", "held back", "unchanged", "as before", "refused", "stopped"]
"""What was done with a dataset.

`unchanged`: the ledger holds it with this content; `as before`: it is that of the release before; `refused`: the ledger
holds other content for this release; `stopped`: intake stopped it.
"""
ADDED = ("taken in", "held back", "stopped")
"""What is said of rows in quarantine concerns a dataset that was added; of one that is known it was said before."""


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """A dataset of a release, and what was done with it."""

    dataset: str
    outcome: DatasetResult
    sentence: str
    newest_reference_date: date | None = None
    why: str = ""
    figures: int = 0
    in_quarantine: tuple[InQuarantine, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """How a release differs from what was current before it, for an indicator and a reference date."""

    indicator: str
    reference_date: date
    new: int
    changed: int
    withdrawn: int
    total_before: int | None
    total_after: int | None


@dataclass(frozen=True, slots=True)
class Rejudged:
    """An indicator or table of another release that is held back, or no longer, because of the change."""

    release: date
    indicator: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The result of adding a release, or of a decision about one.

    Attributes:
        is_new: whether the ledger is another than before.
        ledger: the directory of the current ledger.
        held: why indicators and tables of the release are held back.
        warnings: what is odd about the release, and passes all the same.
        rejudged: what is held back of other releases, or no longer.
    """

    release: date
    title: str
    is_new: bool
    ledger: Path
    datasets: tuple[DatasetReport, ...] = ()
    changes: tuple[Change, ...] = ()
    held: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    rejudged: tuple[Rejudged, ...] = ()

    @property
    def new(self) -> int:
        """Facts that the release added to those before it."""
        return sum(change.new for change in self.changes)

    @property
    def changed(self) -> int:
        """Facts that it gave another value."""
        return sum(change.changed for change in self.changes)

    @property
    def withdrawn(self) -> int:
        """Facts that it no longer held."""
        return sum(change.withdrawn for change in self.changes)

    @property
    def is_held(self) -> bool:
        """Whether something of the release is held back, or could not be read."""
        return bool(self.held) or any(each.outcome == "stopped" for each in self.datasets)

    def sentences(self) -> list[str]:
        """Return what a person must be told, the most important first."""
        named = f"Release {self.release}{f' ({self.title})' if self.title else ''}"
        told = [
            f"{named}: {self.new:,} figures are new, {self.changed:,} changed, {self.withdrawn:,} withdrawn."
            if self.is_new
            else f"{named} brings nothing new; the ledger is as it was."
        ]
        told += in_sentences(self.held)
        held = {finding.dataset for finding in self.held}
        told += [
            each.sentence
            for each in self.datasets
            if each.outcome == "refused" or (each.outcome == "stopped" and each.dataset not in held)
        ]
        told += [
            f"{each.indicator} of release {each.release} is {'now' if each.is_held else 'no longer'} held back, "
            f"since it is compared with release {self.release}."
            for each in self.rejudged
        ]
        told += [one.sentence for each in self.datasets if each.outcome in ADDED for one in each.in_quarantine]
        return told + [f"Worth a look: {sentence}" for sentence in in_sentences(self.warnings)]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "release": self.release.isoformat(),
            "title": self.title,
            "is_new": self.is_new,
            "is_held": self.is_held,
            "ledger": self.ledger.name,
            "figures": {"new": self.new, "changed": self.changed, "withdrawn": self.withdrawn},
            "datasets": [_plain(each) for each in self.datasets],
            "changes": [_plain(each) for each in self.changes],
            "held": [finding.as_json() for finding in self.held],
            "warnings": [finding.as_json() for finding in self.warnings],
            "rejudged": [_plain(each) for each in self.rejudged],
            "sentences": self.sentences(),
        }


def _plain(item: DatasetReport | Change | Rejudged) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(item).items()}
