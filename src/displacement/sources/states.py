"""The state of a publisher's table as far as a few small questions can tell it: how many rows, and sums by year.

It says whether a table changed while it was fetched, or since it was fetched last. A shift between countries that
leaves both as they are escapes it; a full fetch now and then finds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 5
"""Differences that a sentence lists before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class State:
    """What a probe found.

    Attributes:
        rows: rows of the table.
        sums: by year, the sum of each column over the whole world: a checksum, in which cases are added to persons.
        marks: what the publisher itself says about the state, such as when it changed last.
    """

    rows: int
    sums: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """Return it in a form that JSON holds."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> State:
        """Return what `as_record` made a record of."""
        return cls(int(record["rows"]), record["sums"], record["marks"])

    def differences(self, before: State) -> Iterator[str]:
        """Say what differs from an earlier state, each thing in a few words."""
        if self.rows != before.rows:
            yield f"{before.rows:,} rows, now {self.rows:,}"
        for mark in sorted({*before.marks, *self.marks}):
            if before.marks.get(mark) != self.marks.get(mark):
                yield f"{mark} {before.marks.get(mark, 'unknown')}, now {self.marks.get(mark, 'unknown')}"
        for year in sorted({*before.sums, *self.sums}, reverse=True):
            then, now = before.sums.get(year, {}), self.sums.get(year, {})
            for column in sorted({*then, *now}):
                if then.get(column, 0) != now.get(column, 0):
                    yield f"{column} of {year} {then.get(column, 0):,}, now {now.get(column, 0):,}"


def sums_by_year(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return the sums of some columns by year, as far as they hold whole numbers."""
    wanted = tuple(columns)
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        of_year = sums.setdefault(str(row.get("year")), {})
        for column in wanted:
            value = _whole_number(row.get(column))
            if value:
                of_year[column] = of_year.get(column, 0) + value
    return sums


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def in_words(differences: Iterable[str]) -> str:
    """Return differences as the end of a sentence, the first few of them."""
    listed = list(differences)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return "; ".join(listed[:SHOWN]) + more
