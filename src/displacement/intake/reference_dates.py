"""Which date the newest year of a dataset describes: the end of the year or its middle, and why, in a sentence.

The rule is written in docs/domain.md and its numbers are in `reference_dates.toml`; nothing in the data shows it. All
other years of a release are year-ends.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

REVIEWED = Path(__file__).resolve().parent / "reference_dates.toml"


@dataclass(frozen=True, slots=True)
class DateRule:
    """The numbers of the rule: see `reference_dates.toml`."""

    year_end_from: tuple[int, int]
    still_mid_year: float
    never_so_alike: float
    basis: str


@dataclass(frozen=True, slots=True)
class Dated:
    """The date the newest year of a dataset describes, and why; `undecided` where only a person can tell."""

    newest: date
    why: str
    undecided: bool = False

    @property
    def is_mid_year(self) -> bool:
        """Whether the newest year is one that had not ended."""
        return self.newest.month == MID_YEAR[0]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How many figures of a newest year there are, and how many of them equal those of the mid-year known before."""

    figures: int
    equal: int

    @property
    def share(self) -> float:
        """The share that is equal."""
        return self.equal / self.figures if self.figures else 0.0


MID_YEAR, YEAR_END = (6, 30), (12, 31)


@cache
def read_rule(path: Path = REVIEWED) -> DateRule:
    """Read the numbers of the rule."""
    spec = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    return DateRule(**spec | {"year_end_from": tuple(spec["year_end_from"])})


def mid_year(year: int) -> date:
    """Return 30 June."""
    return date(year, *MID_YEAR)


def year_end(year: int) -> date:
    """Return 31 December."""
    return date(year, *YEAR_END)


def dated_by_release(year: int, release: date) -> Dated:
    """Return what the newest year of a release describes, judged by the day of the release alone."""
    from_month, from_day = read_rule().year_end_from
    day = f"{from_day} {_MONTHS[from_month - 1]}"
    if year >= release.year:
        return Dated(mid_year(year), f"A release of {release} cannot hold the end of {year}: it is mid-{year}.")
    if year == release.year - 1:
        if (release.month, release.day) >= (from_month, from_day):
            why = f"A release on or after {day} holds the year before, {year}, at its end."
            return Dated(year_end(year), why)
        return Dated(mid_year(year), f"A release before {day} holds the year before, {year}, at its middle.")
    return Dated(year_end(year), f"{year} had long ended when the release of {release} came: it is a year-end.")


def always_ended(dataset: str, year: int) -> Dated:
    """Return the date of a dataset that only speaks of years that have ended."""
    return Dated(year_end(year), f"Whenever {dataset} comes, its newest year, {year}, is one that has ended.")


def unless_still_mid_year(dated: Dated, likeness: Likeness) -> Dated:
    """Return the date after comparing the newest year with what was known of its middle before.

    A year-end with the figures of the mid-year, one by one, is still that mid-year.
    """
    rule, year = read_rule(), dated.newest.year
    if dated.is_mid_year or likeness.share < rule.never_so_alike:
        return dated
    counted = f"{likeness.equal:,} of its {likeness.figures:,} figures are those of mid-{year} as known before"
    if likeness.share >= rule.still_mid_year:
        return Dated(mid_year(year), f"The newest year is still mid-{year}: {counted}.")
    why = (
        f"Nobody can tell whether {year} is its end, as after the day of the release, or its middle: {counted}. "
        "Compare it with the publisher's notes, and give the reference date."
    )
    return Dated(dated.newest, why, undecided=True)


def following(dated: Dated, leader: str, newest: date, *, undecided: bool = False) -> Dated:
    """Return the date of a dataset whose mid-years are never kept to compare with: it goes with another of its release.

    That one may be found to be mid-year still, after the day of the release alone said the end of the year.

    Args:
        dated: by the day of the release alone.
        leader: the dataset it follows.
        newest: the newest reference date of that dataset.
        undecided: whether nobody can tell that date.
    """
    year = dated.newest.year
    if dated.is_mid_year or newest.year != year:
        return dated
    if undecided:
        why = f"Nobody can tell whether {year} is its end or its middle, since that of {leader} is not known."
        return Dated(dated.newest, f"{why} Give the reference date of {leader}.", undecided=True)
    if newest == mid_year(year):
        return Dated(newest, f"The newest year is still mid-{year}, as {leader} of the same release is.")
    return dated


def given(dataset: str, year: int, newest: Mapping[str, date]) -> Dated | None:
    """Return the date a person gave for a dataset, if one did; `undecided` where it is none of its newest year."""
    day = newest.get(dataset)
    if day is None:
        return None
    if day in (mid_year(year), year_end(year)):
        return Dated(day, f"Given by hand: {day}.")
    why = f"The reference date given, {day}, is not of its newest year. Give {mid_year(year)} or {year_end(year)}."
    return Dated(year_end(year), why, undecided=True)


def without_mid_year(dated: Dated) -> Dated:
    """Return the date that is left when the values of a mid-year are dropped: the year-end before."""
    if not dated.is_mid_year:
        return dated
    before = year_end(dated.newest.year - 1)
    return Dated(before, f"{dated.why} Its mid-year values are no facts and are dropped; the newest is {before}.")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
