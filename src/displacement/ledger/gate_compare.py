"""A release compared with the one before it, fact by fact in SQL: what the rules of the gate read.

The comparisons are the SELECTs of `queries/gate_*.sql`; nothing is decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.ledger.gate_findings import Edition, Subject, Thresholds
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_QUERIES = Path(__file__).resolve().parent / "queries"


@dataclass(frozen=True, slots=True)
class DateCompared:
    """A reference date of an indicator, before and now; a row of `gate_totals.sql`."""

    day: date
    compared_with: date | None
    is_new: bool
    is_changed: bool
    facts_before: int
    facts_now: int
    facts_lost: int
    facts_unknown: int
    origins_before: int
    origins_now: int
    asylums_before: int
    asylums_now: int
    total_before: int
    total_now: int
    missing: int
    added: int
    gone: int
    multiplied: int
    exchanged: int

    @property
    def rearranged(self) -> int:
        """People who are missing from where they were while as many were added elsewhere."""
        return min(self.missing, self.added)


@dataclass(frozen=True, slots=True)
class PlaceCompared:
    """A country of origin or asylum, or a corridor, of a reference date; a row of `gate_places.sql`."""

    day: date
    side: str
    place: str
    people_before: int
    people_now: int
    facts_before: int
    facts_now: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A reference date whose facts are those of another date; a row of `gate_copies.sql`."""

    day: date
    other: date
    alike: int
    facts: int


@dataclass(frozen=True, slots=True)
class RevisedFigures:
    """Facts of known dates that changed by much; a row of `gate_revisions.sql`."""

    facts: int = 0
    withdrawn: int = 0
    largest: str = ""
    first_date: date | None = None
    first_withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A subject of a release beside the same subject of the release before."""

    subject: Subject
    now: Edition
    before: Edition
    limits: Thresholds
    dates: list[DateCompared] = field(default_factory=list)
    rows: dict[date | None, tuple[int, int]] = field(default_factory=dict)
    places: list[PlaceCompared] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    revised: RevisedFigures = RevisedFigures()
    appeared: tuple[str, ...] = ()

    @property
    def known(self) -> list[DateCompared]:
        """Return the dates that the release before had, too."""
        return [each for each in self.dates if not each.is_new]

    @property
    def new(self) -> list[DateCompared]:
        """Return the dates that it lacked and that have a date to be compared with."""
        return [each for each in self.dates if each.is_new and each.compared_with and each.facts_before]

    @property
    def is_first(self) -> bool:
        """Return whether the release before had no figure of an indicator: a column that came later."""
        return not self.known

    def is_recent(self, day: date) -> bool:
        """Return whether a date lies in the years before the release in which a component must not move."""
        return self.now.release - timedelta(days=round(365.25 * self.limits.world_total_years)) <= day


def compare(
    connection: DuckDBPyConnection,
    subjects: Mapping[str, Subject],
    now: Mapping[str, Edition],
    before: Mapping[str, Edition],
    limits: Thresholds,
) -> list[Comparison]:
    """Return each subject that two releases have, compared; `gate.judge_release` names the relations that are read."""
    both = [subject for code, subject in subjects.items() if code in now and code in before]
    _prepare(connection, [each.code for each in both if not each.is_table], now, before, limits)
    dates, places, copies = (_by_indicator(connection, name) for name in ("totals", "places", "copies"))
    revised = {code: RevisedFigures(*rest) for code, *rest in _select(connection, "revisions")}
    appeared = {code: tuple(countries) for code, countries in _select(connection, "appeared")}
    rows: dict[str, dict[date | None, tuple[int, int]]] = defaultdict(dict)
    for dataset, day, rows_before, rows_now in _select(connection, "rows"):
        rows[dataset][day] = rows_before, rows_now
    return [
        Comparison(each, now[each.code], before[each.code], limits, rows=rows[each.code])
        if each.is_table
        else Comparison(
            each,
            now[each.code],
            before[each.code],
            limits,
            [DateCompared(*row) for row in dates[each.code]],
            places=[PlaceCompared(*row) for row in places[each.code]],
            copies=[Copy(*row) for row in copies[each.code]],
            revised=revised.get(each.code, RevisedFigures()),
            appeared=appeared.get(each.code, ()),
        )
        for each in both
    ]


def _prepare(
    connection: DuckDBPyConnection,
    indicators: list[str],
    now: Mapping[str, Edition],
    before: Mapping[str, Edition],
    limits: Thresholds,
) -> None:
    """Make the temporary tables that the comparisons read: subjects, thresholds, dates and facts that changed."""
    columns = "indicator varchar, newest date, newest_before date"
    connection.execute(f"create or replace temp table gate_subjects ({columns})")
    for code in indicators:
        days = ", ".join(f"date '{day}'" if day else "null" for day in (now[code].newest, before[code].newest))
        connection.execute(f"insert into gate_subjects values ('{sql_text(code)}', {days})")
    numbers = ", ".join(f"{value} as {name}" for name, value in asdict(limits).items())
    connection.execute(f"create or replace temp table gate_limits as select {numbers}")
    for name in ("dates", "cells"):
        connection.execute(f"create or replace temp table gate_{name} as {_query(name)}")


def _query(name: str) -> str:
    return (_QUERIES / f"gate_{name}.sql").read_text(encoding="utf-8")


def _select(connection: DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    return connection.execute(_query(name)).fetchall()


def _by_indicator(connection: DuckDBPyConnection, name: str) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for indicator, *rest in _select(connection, name):
        found[indicator].append(rest)
    return found
