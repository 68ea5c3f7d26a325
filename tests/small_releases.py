"""Releases in miniature, as reading them gives them, and what a ledger of them must hold: reckoned in plain Python.

The reckoning knows nothing of splicing: it walks through the releases in time, fact by fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from displacement.intake.model import DatasetReading, Hold, Reading

Fact = tuple[str, date, str, str]
"""Indicator, reference date, origin, asylum."""

Span = tuple[str, date, str, str, int, date, date | None]
"""A fact, a value, the release it was published in and the one that superseded it."""

DATASETS = {"refugees": "population", "returned_refugees": "population", "flow_refugees": "flows"}
COMPONENTS = ("refugees",)


@dataclass(frozen=True)
class Small:
    """A release: the newest reference date of each dataset it has, its facts, and those it does not speak of."""

    release: date
    newest: Mapping[str, date]
    facts: Mapping[Fact, int]
    unknown: frozenset[Fact] = frozenset()
    holds: tuple[Hold, ...] = ()
    stopped: Mapping[str, str] = field(default_factory=dict)

    def covers(self, fact: Fact) -> bool:
        """Say whether the release speaks of a fact."""
        newest = self.newest.get(DATASETS[fact[0]])
        if newest is None or fact in self.unknown:
            return False
        return fact[1] == newest or (fact[1].month == 12 and fact[1] <= newest)


def reading_of(small: Small, directory: Path) -> Reading:
    """Return a release as reading it gives it, its facts written below a directory."""
    place = directory / str(small.release)
    place.mkdir(parents=True, exist_ok=True)
    return Reading(small.release, "directory", tuple(_dataset(small, name, place) for name in sorted(small.newest)))


def _dataset(small: Small, name: str, place: Path) -> DatasetReading:
    facts = {fact: value for fact, value in small.facts.items() if DATASETS[fact[0]] == name and small.covers(fact)}
    unknown = sorted(fact for fact in small.unknown if DATASETS[fact[0]] == name)
    path = write_facts(place / f"{name}.parquet", ((*fact, value) for fact, value in sorted(facts.items())))
    return DatasetReading(
        name,
        small.newest[name],
        "as drawn",
        rows=len(facts),
        figures=len(facts),
        facts=path,
        unknown=write_facts(place / f"{name}.unknown.parquet", unknown, value=False) if unknown else None,
        holds=tuple(hold for hold in small.holds if DATASETS[hold.indicator] == name),
        stopped=small.stopped.get(name),
        stopped_by="quarantined_share" if name in small.stopped else None,
    )


def write_facts(path: Path, rows: Iterable[tuple[object, ...]], *, value: bool = True) -> Path:
    """Write facts as intake writes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = ["indicator", "reference_date", "origin", "asylum", *(["value"] if value else [])]
    listed = ", ".join(str(tuple(str(field) for field in row)) for row in rows)
    types = ["varchar", "date", "varchar", "varchar", "bigint"]
    casts = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in zip(columns, types, strict=False))
    nothing = ", ".join(["''"] * len(columns))
    source = f"(values {listed or f'({nothing})'}) as row({', '.join(columns)})"
    duckdb.execute(f"copy (select {casts} from {source} where {bool(listed)}) to '{path}' (format parquet)")
    return path


# --- what a ledger must hold ------------------------------------------------------------------------------------------


def held_in(releases: Iterable[Small], accepted: Iterable[tuple[date, str]] = ()) -> set[tuple[date, str]]:
    """Return what the gate holds back: a component's world total off by too much from the last accepted release."""
    held: set[tuple[date, str]] = set()
    ordered, wanted = sorted(releases, key=lambda small: small.release), set(accepted)
    for indicator in DATASETS:
        before: dict[Fact, int] | None = None
        for small in ordered:
            if DATASETS[indicator] not in small.newest:
                continue
            reasons = [hold for hold in small.holds if hold.indicator == indicator]
            if before is not None and indicator in COMPONENTS and _is_off(before, small):
                reasons.append(Hold(indicator, "world_total", ""))
            if reasons and (small.release, indicator) not in wanted:
                held.add((small.release, indicator))
            else:
                before = _as_of(before or {}, small, indicator)
    return held


def _as_of(before: Mapping[Fact, int], small: Small, indicator: str) -> dict[Fact, int]:
    """Return the figures of an indicator as of a release: what it does not speak of is as it was before."""
    kept = {fact: value for fact, value in before.items() if not small.covers(fact) or fact in small.unknown}
    return kept | {fact: value for fact, value in small.facts.items() if fact[0] == indicator and small.covers(fact)}


def _is_off(before: Mapping[Fact, int], after: Small) -> bool:
    was, became = _world(before), _world(after.facts)
    return any(
        not 0.8 * total <= became.get((indicator, day), 0) <= 1.5 * total
        for (indicator, day), total in was.items()
        if day.month == 12 and after.release.year - 10 <= day.year < after.release.year
    )


def _world(facts: Mapping[Fact, int]) -> dict[tuple[str, date], int]:
    totals: dict[tuple[str, date], int] = {}
    for (indicator, day, *_), value in facts.items():
        totals[indicator, day] = totals.get((indicator, day), 0) + value
    return totals


def spans_of(releases: Iterable[Small], held: set[tuple[date, str]]) -> set[Span]:
    """Return the spans of every fact: its value at each release that covers it and is not held, equal ones joined."""
    ordered = sorted(releases, key=lambda small: small.release)
    spans: set[Span] = set()
    for fact in {fact for small in ordered for fact in small.facts}:
        open_: tuple[int, date] | None = None
        for small in ordered:
            if not small.covers(fact) or (small.release, fact[0]) in held:
                continue
            value = small.facts.get(fact)
            if open_ and open_[0] == value:
                continue
            if open_:
                spans.add((*fact, open_[0], open_[1], small.release))
            open_ = (value, small.release) if value else None
        if open_:
            spans.add((*fact, open_[0], open_[1], None))
    return spans


def spans_in(figures: Path) -> set[Span]:
    """Return the spans a ledger holds."""
    rows = duckdb.execute(f"from read_parquet('{figures}')").fetchall()
    assert len(set(rows)) == len(rows)
    return set(rows)
