"""What each release says of each indicator, counted: from the figures where it is in them, else from what is aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from displacement.ledger.bench import Bench, Group, Tallies
from displacement.ledger.books import Books, covers
from displacement.ledger.gate import Side, Subject, Tally, is_year_end


class Contents:
    """A count of the facts on a bench, taken anew after each change with `count`."""

    def __init__(self, bench: Bench) -> None:
        """Count the facts on a bench."""
        self._bench = bench
        self._groups: dict[str, list[Group]] = {}
        self._aside: dict[tuple[date, str], Tallies] = {}
        self._unspoken: dict[tuple[date, str], Tallies] = {}
        self.unknown: dict[tuple[date, str], dict[date | None, int]] = {}
        self.count()

    def count(self) -> None:
        """Count anew."""
        self._groups = self._bench.groups()
        self._aside = self._bench.counted_aside()
        self._unspoken = self._bench.counted_unspoken()
        self.unknown = self._bench.counted_unknown()

    def aside(self, release: date, indicator: str) -> Tallies:
        """Return what a release that is not in the figures says of an indicator."""
        return self._aside.get((release, indicator), {})

    def standing(self, release: date, indicator: str, newest: date) -> Tallies:
        """Return what stands in a release of the facts that it speaks of.

        Args:
            release: any day of a release, in the figures or not.
            indicator: the indicator.
            newest: the newest reference date of the release.
        """
        found: Tallies = {}
        for group in self._groups.get(indicator, []):
            if group.stands_in(release) and covers(newest, group.day):
                found[group.day] = _sum(found.get(group.day, Tally()), group.tally, 1)
        for day, tally in self._unspoken.get((release, indicator), {}).items():
            if day in found:
                found[day] = _sum(found[day], tally, -1)
        return {day: tally for day, tally in found.items() if tally.facts}

    def days(self, release: date, indicator: str, newest: date) -> list[date]:
        """Return the reference dates of an indicator that a release covers."""
        days = {group.day for group in self._groups.get(indicator, [])}
        days |= {day for day in self.aside(release, indicator) if day}
        return sorted(day for day in days if covers(newest, day))

    def figures(self, release: date, newest: date, indicators: Collection[str]) -> int:
        """Return how many figures of some indicators a release holds: its year-ends, and its newest mid-year."""
        return sum(
            group.tally.facts
            for indicator in indicators
            for group in self._groups.get(indicator, [])
            if group.stands_in(release) and (is_year_end(group.day) or group.day == newest)
        )

    def totals(self, release: date) -> dict[tuple[str, date], int]:
        """Return the world totals that stand in a release, by indicator and reference date."""
        found: dict[tuple[str, date], int] = {}
        for indicator, groups in self._groups.items():
            for group in groups:
                if group.stands_in(release):
                    key = (indicator, group.day)
                    found[key] = found.get(key, 0) + group.tally.total
        return found

    def side(self, subject: Subject, release: date, books: Books, *, is_inside: bool) -> Side:
        """Return what a release says of an indicator, as the gate compares it."""
        newest = books.read[release, subject.dataset]
        says = self.standing(release, subject.code, newest) if is_inside else self.aside(release, subject.code)
        return Side(release, newest, with_unknown(says, self.unknown.get((release, subject.code), {})))


def with_unknown(says: Tallies, unknown: Mapping[date | None, int]) -> Tallies:
    """Return what a release says together with how many facts it does not speak of."""
    return says | {day: replace(says.get(day, Tally()), unknown=count) for day, count in unknown.items()}


def _sum(first: Tally, second: Tally, sign: int) -> Tally:
    return Tally(
        first.facts + sign * second.facts,
        first.total + sign * second.total,
        first.checksum + sign * second.checksum,
    )
