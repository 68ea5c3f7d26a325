"""What is captured of a release, and what reading it came to: the forms that sources, intake and ledger share.

Plain data only: where a table lies, what stopped it, what was found in it. Nothing is read or decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from displacement.quality.results import Result

Door = Literal["api", "directory"]
"""How a release came in: fetched from the publisher's interface, or given as a directory of tables."""


@dataclass(frozen=True, slots=True)
class CapturedTable:
    """One dataset of a captured release, in one Parquet file, its values as published.

    Attributes:
        path: the Parquet file; None where the dataset could not be captured.
        rows: rows of the file.
        pages: SHA-256 of the raw pages the file was put together from, in order; none for a directory of tables.
        stopped: the sentence that says why the dataset is not whole and must not go on; None where it is whole.
    """

    dataset: str
    path: Path | None
    rows: int
    pages: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the dataset was captured from its first row to its last."""
        return self.stopped is None


@dataclass(frozen=True, slots=True)
class Capture:
    """What was captured of one release: a directory with one Parquet file for each dataset.

    Attributes:
        release: the day its tables were captured (UTC): the key of the release everywhere.
        door: which lists of layouts its tables are held against.
        tables: in the order of their names. A dataset that is not among them is unknown in this release, not empty.
    """

    release: date
    door: Door
    directory: Path
    tables: tuple[CapturedTable, ...]

    def table(self, dataset: str) -> CapturedTable | None:
        """Return what was captured of a dataset, if anything was."""
        return next((table for table in self.tables if table.dataset == dataset), None)


@dataclass(frozen=True, slots=True)
class Hold:
    """An indicator that must not go on although its dataset may: a row it needs could not be understood.

    Attributes:
        rule: such as `known_origin` (a code that is in no reviewed list) or `one_value_a_key`.
        sentence: what was found, in numbers, and what to do.
    """

    indicator: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DatasetReading:
    """What reading one dataset of a release came to.

    Attributes:
        newest_reference_date: the date its newest figures describe; None where it holds none.
        why: the sentence that says by which rule that date was found.
        rows: rows of the raw table.
        figures: facts it gave.
        facts: Parquet with `indicator, reference_date, origin, asylum, value` (value above zero, one row a fact,
            sorted), where the dataset holds indicators. It is there for a stopped dataset too if the rest of its rows
            could be read, so that a person can accept it; but not where nobody can tell its dates.
        unknown: Parquet with `indicator, reference_date, origin, asylum`, where there are any: facts of which a row is
            in quarantine. They are not in `facts`: the release does not say them, which is no withdrawal.
        table: Parquet of a dataset without indicators (demographics, footnotes), in the form the ledger keeps.
        quarantined: rows kept aside, by the name of the rule they broke.
        results: every rule held against the dataset, warnings included.
        holds: single indicators that must not go on while the rest of the dataset may.
        stopped: the sentence that says why the dataset must not go on; None where it may.
        stopped_by: the name of the rule that stopped it, such as `layout`, `no_year_missing`, `quarantined_share`.
    """

    dataset: str
    newest_reference_date: date | None
    why: str
    rows: int
    figures: int = 0
    facts: Path | None = None
    unknown: Path | None = None
    table: Path | None = None
    quarantined: Mapping[str, int] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    holds: tuple[Hold, ...] = ()
    stopped: str | None = None
    stopped_by: str | None = None

    @property
    def may_go_on(self) -> bool:
        """Whether its figures may be judged by the gate and taken into the ledger."""
        return self.stopped is None


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a release came to, dataset by dataset, in the order of their names."""

    release: date
    door: Door
    datasets: tuple[DatasetReading, ...]

    def dataset(self, name: str) -> DatasetReading | None:
        """Return what reading a dataset came to, if the release has it."""
        return next((each for each in self.datasets if each.dataset == name), None)

    @property
    def stopped(self) -> tuple[DatasetReading, ...]:
        """The datasets that must not go on."""
        return tuple(each for each in self.datasets if not each.may_go_on)
