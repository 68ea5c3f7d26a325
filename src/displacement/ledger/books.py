"""What a ledger says about its releases: which there are, what each held, what is held back, what was decided.

The books are small tables beside the figures, read whole and written whole, in an order of their own so that equal
content makes equal bytes. Who is held back is found out in `standing`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from displacement.ledger.gate import Subject, is_year_end
from displacement.ledger.read import RELEASE_DATASETS, RELEASES, read_rows

HELD_BACK = "held_back.csv"
STOPPED = "book/stopped.csv"
DECISIONS = "book/decisions.csv"

Verdict = Literal["accepted", "taken back"]
LISTED = ", "
"""Between the dates of a list in one field."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A dataset of a release, or an indicator of one, that intake stopped; on record even when a person accepts it.

    Attributes:
        subject: the dataset, or the indicator: one may have the name of the other.
        is_whole: whether it is the dataset.
        newest: the newest reference date of a dataset; None where nothing of it could be read, so that there is nothing
            to accept.
    """

    release: date
    dataset: str
    subject: str
    is_whole: bool
    rule: str
    newest: date | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a held indicator, table or stopped dataset of a release (`subject`)."""

    decided_at: str
    decided_by: str
    release: date
    subject: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An indicator (or a table) of a release that is held back by a rule: a row of the table `held_back`.

    Attributes:
        indicator: its code; the name of the dataset where that is a table, or where nothing of it could be read.
        numbers: what the rule compared, as JSON.
        reference_dates: the dates whose figures it would change.
        superseded_in: the first release after it in which the indicator was accepted; None while it is still held.
    """

    release: date
    dataset: str
    indicator: str
    rule: str
    sentence: str
    numbers: str
    reference_dates: tuple[date, ...]
    superseded_in: date | None


@dataclass(frozen=True)
class Books:
    """Everything a ledger says beside its figures.

    Attributes:
        read: the newest reference date of each dataset of a release that could be read, stopped ones among them.
        base: the datasets of releases that came with the program.
        figures: the figures of each dataset of a release: its year-ends, and the mid-year of its newest date.
        held_back: what was held back when the books were written.
    """

    read: Mapping[tuple[date, str], date]
    stops: tuple[Stop, ...]
    decisions: tuple[Decision, ...]
    base: frozenset[tuple[date, str]]
    figures: Mapping[tuple[date, str], int]
    held_back: tuple[HeldBack, ...]

    @cached_property
    def newest(self) -> dict[tuple[date, str], date]:
        """The newest reference date of each dataset that a release holds in the ledger: not those still stopped."""
        stopped = {(stop.release, stop.dataset) for stop in self.stops if stop.is_whole}
        return {key: day for key, day in self.read.items() if key not in stopped or self.is_accepted(*key)}

    def stops_of(self, release: date, subject: str, *, is_whole: bool) -> list[Stop]:
        """Return why intake stopped a dataset of a release, or an indicator."""
        wanted = (release, subject, is_whole)
        return [stop for stop in self.stops if (stop.release, stop.subject, stop.is_whole) == wanted]

    def held(self, subjects: Mapping[str, Subject]) -> set[tuple[date, str]]:
        """Return the indicators that the gate held back, by release and code; those of stopped datasets left out."""
        return {
            (row.release, row.indicator)
            for row in self.held_back
            if row.indicator in subjects and (row.release, row.dataset) in self.newest
        }

    def is_accepted(self, release: date, subject: str) -> bool:
        """Say whether the last decision about a subject of a release was to accept it."""
        verdicts = [one.verdict for one in self.decisions if (one.release, one.subject) == (release, subject)]
        return bool(verdicts) and verdicts[-1] == "accepted"

    def decided(self, decision: Decision) -> Books:
        """Return the books with one more decision."""
        return replace(self, decisions=(*self.decisions, decision))


def covers(newest: date, day: date) -> bool:
    """Say whether a release whose dataset goes up to a date speaks of a reference date.

    It holds all year-ends up to it, and a mid-year only while that is its newest date: later releases no longer carry
    older mid-years, which stay as last published.
    """
    return day == newest or (is_year_end(day) and day <= newest)


def read_books(directory: Path, base: Mapping[str, Iterable[str]] | None = None) -> Books:
    """Read the books of a ledger.

    Args:
        directory: the ledger.
        base: the datasets of each release that came with the program; all of them unless given.
    """
    listed = {
        (date.fromisoformat(row["release"]), row["dataset"]): row for row in read_rows(directory / RELEASE_DATASETS)
    }
    newest = {key: date.fromisoformat(row["newest_reference_date"]) for key, row in listed.items()}
    stops = tuple(_stop(row) for row in _rows(directory / STOPPED))
    stopped = {(stop.release, stop.dataset): stop.newest for stop in stops if stop.newest}
    came = {(date.fromisoformat(release), each) for release, datasets in (base or {}).items() for each in datasets}
    return Books(
        read=newest | stopped,
        stops=stops,
        decisions=tuple(_decision(row) for row in _rows(directory / DECISIONS)),
        base=frozenset(newest if base is None else came),
        figures={key: int(row["figures"]) for key, row in listed.items()},
        held_back=tuple(_held_back(row) for row in _rows(directory / HELD_BACK)),
    )


def _stop(row: Mapping[str, str]) -> Stop:
    return Stop(
        date.fromisoformat(row["release"]),
        row["dataset"],
        row["subject"],
        row["is_whole"] == "yes",
        row["rule"],
        _day(row["newest"]),
        row["sentence"],
    )


def _rows(path: Path) -> Iterable[dict[str, str]]:
    return read_rows(path) if path.exists() else ()


def _decision(row: Mapping[str, str]) -> Decision:
    verdict: Verdict = "accepted" if row["verdict"] == "accepted" else "taken back"
    return Decision(
        row["decided_at"],
        row["decided_by"],
        date.fromisoformat(row["release"]),
        row["subject"],
        verdict,
        row["reason"],
    )


def _held_back(row: Mapping[str, str]) -> HeldBack:
    days = row["reference_dates"].split(LISTED) if row["reference_dates"] else []
    return HeldBack(
        date.fromisoformat(row["release"]),
        row["dataset"],
        row["indicator"],
        row["rule"],
        row["sentence"],
        row["numbers"],
        tuple(date.fromisoformat(day) for day in days),
        _day(row["superseded_in"]),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


# --- writing ----------------------------------------------------------------------------------------------------------


def held_back_text(rows: Iterable[HeldBack]) -> str:
    """Return `held_back.csv`."""
    fields = (
        "release",
        "dataset",
        "indicator",
        "rule",
        "sentence",
        "numbers",
        "reference_dates",
        "superseded_in",
    )
    return _csv(fields, sorted(_fields(row, fields) for row in rows))


def stopped_text(stops: Iterable[Stop]) -> str:
    """Return the list of stopped datasets."""
    fields = ("release", "dataset", "subject", "is_whole", "rule", "newest", "sentence")
    return _csv(fields, sorted(_fields(stop, fields) for stop in stops))


def decisions_text(decisions: Iterable[Decision]) -> str:
    """Return the list of decisions, in the order in which they were made."""
    fields = ("decided_at", "decided_by", "release", "subject", "verdict", "reason")
    return _csv(fields, [_fields(decision, fields) for decision in decisions])


def release_datasets_text(books: Books) -> str:
    """Return `release_datasets.csv`."""
    rows = [
        [release.isoformat(), dataset, day.isoformat(), str(books.figures[release, dataset])]
        for (release, dataset), day in sorted(books.newest.items())
    ]
    return _csv(("release", "dataset", "newest_reference_date", "figures"), rows)


def releases_text(titles: Mapping[date, tuple[str, str]]) -> str:
    """Return `releases.csv` from the title and the day of publication of each release."""
    return _csv(
        ("release", "title", "published_on"), [[release.isoformat(), *titles[release]] for release in sorted(titles)]
    )


def _fields(row: Any, names: Sequence[str]) -> list[str]:
    return [_field(getattr(row, name)) for name in names]


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return LISTED.join(str(each) for each in value) if isinstance(value, tuple) else str(value)


def numbers_text(numbers: Mapping[str, object]) -> str:
    """Return the numbers of a finding as JSON."""
    return json.dumps(dict(numbers), ensure_ascii=False, sort_keys=True)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    return text.getvalue()


# --- titles -----------------------------------------------------------------------------------------------------------

TITLED_BY = "population"
"""The dataset whose newest reference date names a release."""


def titles(books: Books, shipped: Path) -> dict[date, tuple[str, str]]:
    """Return the title of each release, and the day it was published where that is known.

    The list that came with the program says so for the releases it knows. The others are named after the report they
    come with: "Global Trends 2025" where the newest population figures are of the end of 2025, "Mid-Year Trends 2025"
    where they are of its middle, with ", corrected" where an earlier release had the same date.
    """
    known = {
        date.fromisoformat(row["release"]): (row["title"], row["published_on"]) for row in read_rows(shipped / RELEASES)
    }
    held = {release for release, _ in books.newest}
    return {release: known.get(release) or (_title(books, release), "") for release in sorted(held)}


def _title(books: Books, release: date) -> str:
    day = books.newest.get((release, TITLED_BY))
    if day is None:
        return f"Update of {LISTED.join(sorted(dataset for each, dataset in books.newest if each == release))}"
    title = f"{'Global' if is_year_end(day) else 'Mid-Year'} Trends {day.year}"
    earlier = (
        other == day for (each, dataset), other in books.newest.items() if dataset == TITLED_BY and each < release
    )
    return f"{title}, corrected" if any(earlier) else title
