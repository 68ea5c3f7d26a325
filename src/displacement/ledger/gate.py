"""The release gate: what a release says about an indicator is compared with the last accepted release before it.

Comparison goes reference date by reference date, so that a mid-year is never held against a year-end. A rise, a
correction, a country that comes late is normal and at most warned of; a loss is not, and holds that indicator back. The
numbers stand in `thresholds.toml`. What is compared with what, and what becomes of it, is decided in `ledger`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

Severity = Literal["blocking", "warning"]

_FILE = Path(__file__).resolve().parent / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of the rules; `thresholds.toml` says where each comes from."""

    lost_share: float
    lost_at_least: int
    world_fall: float
    world_rise: float
    world_years: int
    rewritten_factor: float
    rewritten_share: float
    rewritten_at_least: int
    quarantine_share: float
    revision_share: float
    revision_at_least: int
    moved_share: float


@cache
def thresholds(path: Path = _FILE) -> Thresholds:
    """Read the reviewed thresholds."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return Thresholds(
        lost_share=said["facts_lost"]["share"],
        lost_at_least=said["facts_lost"]["at_least"],
        world_fall=said["world_total"]["fall"],
        world_rise=said["world_total"]["rise"],
        world_years=said["world_total"]["years"],
        rewritten_factor=said["rewritten"]["factor"],
        rewritten_share=said["rewritten"]["share"],
        rewritten_at_least=said["rewritten"]["at_least"],
        quarantine_share=said["quarantine"]["share"],
        revision_share=said["large_revision"]["share"],
        revision_at_least=said["large_revision"]["at_least"],
        moved_share=said["total_moved"]["share"],
    )


# --- what is judged ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What is held back or not: an indicator, or a table without indicators, which is its own dataset.

    Attributes:
        is_table: whether it is a whole table: rows of it are counted, and it has no world total. An indicator may have
            the name of its dataset all the same.
    """

    code: str
    dataset: str
    name: str
    in_headline: bool = False
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What a subject holds for one reference date.

    Attributes:
        checksum: equal for equal facts.
        unknown: facts of the date that the release does not speak of, since a row of them is in quarantine.
    """

    facts: int = 0
    total: int = 0
    checksum: int = 0
    unknown: int = 0

    @property
    def known(self) -> int:
        """Facts that are not lost: those it holds, and those it does not speak of."""
        return self.facts + self.unknown


@dataclass(frozen=True, slots=True)
class Side:
    """A subject in one release: its tallies by reference date.

    `newest` is the newest reference date of its dataset: a mid-year before it is not in the release any more, and
    nothing is lost by that. None compares every date. A table that does not go by years has one date, None.
    """

    release: date
    newest: date | None
    tallies: Mapping[date | None, Tally]

    def at(self, day: date | None) -> Tally:
        """Return what the release holds for a date."""
        return self.tallies.get(day, Tally())

    def speaks_of(self, day: date | None) -> bool:
        """Say whether the release should hold what an earlier one held for a date."""
        return day is None or self.newest is None or is_year_end(day) or day >= self.newest


@dataclass(frozen=True, slots=True)
class Movement:
    """How the single figures of an indicator differ from those that stood before.

    Attributes:
        revised: figures revised by more than the threshold of a large revision; each counts once.
        largest: the largest such revision, as a text.
        appeared: countries that the indicator did not know before.
        withdrawn_first: figures withdrawn for the first reference date known before.
    """

    revised: int = 0
    largest: str = ""
    appeared: tuple[str, ...] = ()
    first_date: date | None = None
    withdrawn_first: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule of the gate that a subject of a release met.

    Attributes:
        indicator: the code of the subject.
        numbers: what was compared, such as `facts_before` and `facts_now`.
        reference_dates: those at which the rule was met.
        sentence: which rule, which numbers and, where something is held back, what to do.
    """

    release: date
    dataset: str
    indicator: str
    rule: str
    severity: Severity
    sentence: str
    numbers: Mapping[str, int | float | str] = field(default_factory=dict)
    reference_dates: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "release": self.release.isoformat(),
            "dataset": self.dataset,
            "indicator": self.indicator,
            "rule": self.rule,
            "severity": self.severity,
            "sentence": self.sentence,
            "numbers": dict(self.numbers),
            "reference_dates": [day.isoformat() for day in self.reference_dates],
        }


def is_year_end(day: date) -> bool:
    """Say whether a reference date is a year-end."""
    return (day.month, day.day) == (12, 31)


# --- what holds a release back ----------------------------------------------------------------------------------------


def judge(subject: Subject, now: Side, before: Side | None, limits: Thresholds | None = None) -> list[Finding]:
    """Return why a subject of a release is held back; nothing where it may pass.

    Args:
        subject: the indicator or table.
        now: what the release says.
        before: what the last accepted release before it said; None where there is none, and nothing is compared.
        limits: the thresholds; the reviewed ones unless given.
    """
    if before is None:
        return []
    numbers = limits or thresholds()
    findings = [_facts_lost(subject, now, before, numbers)]
    if subject.in_headline:
        findings.append(_world_total(subject, now, before, numbers))
    elif not subject.is_table:
        findings.append(_rewritten(subject, now, before, numbers))
    return [finding for finding in findings if finding]


def stopped(subject: Subject, release: date, rule: str, sentence: str, *, accepted_as: str | None) -> Finding:
    """Return the finding for what intake stopped: its layout, its codes, its keys or its counts are wrong.

    Args:
        subject: the indicator or table.
        release: the release.
        rule: the rule of intake that it broke.
        sentence: what was found.
        accepted_as: what a person accepts: the indicator, or the dataset; None where nothing of it was kept.
    """
    do = _accept(release, accepted_as) if accepted_as else "Nothing of it was kept: get it again."
    return Finding(release, subject.dataset, subject.code, rule, "blocking", f"{sentence} {do}")


def _facts_lost(subject: Subject, now: Side, before: Side, limits: Thresholds) -> Finding | None:
    lost = {
        day: (tally.facts, now.at(day).facts)
        for day, tally in before.tallies.items()
        if now.speaks_of(day)
        and tally.facts - now.at(day).known >= limits.lost_at_least
        and tally.facts - now.at(day).known > limits.lost_share * tally.facts
    }
    if not lost:
        return None
    worst = max(lost, key=lambda day: (lost[day][0] - lost[day][1], day or date.min))
    held, left = lost[worst]
    things = "rows" if subject.is_table else "figures"
    sentence = (
        f"{_named(subject, now)}: of {held:,} {things} that release {before.release} held{_for(worst)}, {left:,} are "
        f"left{_likewise(lost)}; more than {limits.lost_share:.0%} and at least {limits.lost_at_least} lost holds "
        f"back. {_accept(now.release, subject.code)}"
    ).replace("%", " per cent")
    return Finding(
        now.release,
        subject.dataset,
        subject.code,
        "facts_lost",
        "blocking",
        sentence,
        {
            "compared_with": before.release.isoformat(),
            "dates": len(lost),
            "worst_date": worst.isoformat() if worst else "all",
            "facts_before": held,
            "facts_now": left,
        },
        _days(lost),
    )


def _world_total(subject: Subject, now: Side, before: Side, limits: Thresholds) -> Finding | None:
    since = _years_before(now.release, limits.world_years)
    moved = {
        day: (tally.total, now.at(day).total)
        for day, tally in before.tallies.items()
        if day
        and tally.total
        and is_year_end(day)
        and since < day < now.release
        and not (1 - limits.world_fall) * tally.total <= now.at(day).total <= (1 + limits.world_rise) * tally.total
    }
    if not moved:
        return None
    worst = max(moved, key=lambda day: (abs(moved[day][1] / moved[day][0] - 1), day))
    was, became = moved[worst]
    sentence = (
        f"{_named(subject, now)}: the world total{_for(worst)} is {became:,}, in release {before.release} it was "
        f"{was:,} ({became / was - 1:+.1%}){_likewise(moved)}; a fall of more than {limits.world_fall:.0%} or a rise "
        f"of more than {limits.world_rise:.0%} on a year-end of the {limits.world_years} years before holds back. "
        f"{_accept(now.release, subject.code)}"
    ).replace("%", " per cent")
    return Finding(
        now.release,
        subject.dataset,
        subject.code,
        "world_total",
        "blocking",
        sentence,
        {
            "compared_with": before.release.isoformat(),
            "dates": len(moved),
            "worst_date": worst.isoformat(),
            "total_before": was,
            "total_now": became,
        },
        _days(moved),
    )


def _rewritten(subject: Subject, now: Side, before: Side, limits: Thresholds) -> Finding | None:
    compared = {
        day: (tally.total, now.at(day).total)
        for day, tally in before.tallies.items()
        if day and now.speaks_of(day) and tally.total and now.at(day).total
    }
    factor = limits.rewritten_factor
    moved = {day: (was, is_) for day, (was, is_) in compared.items() if not was / factor <= is_ <= was * factor}
    if len(moved) < limits.rewritten_at_least or len(moved) <= limits.rewritten_share * len(compared):
        return None
    newest = max(moved)
    was, became = moved[newest]
    sentence = (
        f"{_named(subject, now)}: the world total{_for(newest)} is {became:,}, in release {before.release} it was "
        f"{was:,}, and likewise it moved beyond {factor:g} times, or to less than one part in {factor:g}, on "
        f"{len(moved)} of {len(compared)} dates known before; that on more than {limits.rewritten_share:.0%} of the "
        f"dates holds back. "
        f"{_accept(now.release, subject.code)}"
    ).replace("%", " per cent")
    return Finding(
        now.release,
        subject.dataset,
        subject.code,
        "rewritten",
        "blocking",
        sentence,
        {
            "compared_with": before.release.isoformat(),
            "dates": len(moved),
            "worst_date": newest.isoformat(),
            "total_before": was,
            "total_now": became,
        },
        _days(moved),
    )


# --- what is warned of ------------------------------------------------------------------------------------------------


def warn(
    subject: Subject, now: Side, before: Side | None, movement: Movement, limits: Thresholds | None = None
) -> list[Finding]:
    """Return what is odd about an accepted subject of a release, and passes all the same."""
    if before is None or not before.tallies:
        return []
    numbers = limits or thresholds()
    found = _warnings(now, before, movement, numbers)
    return [
        Finding(
            now.release,
            subject.dataset,
            subject.code,
            rule,
            "warning",
            f"{_named(subject, now)}: {says}.".replace("%", " per cent"),
            {"compared_with": before.release.isoformat(), **said},
            days,
        )
        for rule, says, said, days in found
    ]


_Warning = tuple[str, str, dict[str, int | float | str], tuple[date, ...]]


def _warnings(now: Side, before: Side, movement: Movement, limits: Thresholds) -> Iterator[_Warning]:
    moved = {
        day: (tally.total, now.at(day).total)
        for day, tally in before.tallies.items()
        if day
        and now.speaks_of(day)
        and tally.total
        and now.at(day).total
        and abs(now.at(day).total / tally.total - 1) > limits.moved_share
    }
    if moved:
        worst = max(moved, key=lambda day: (abs(moved[day][1] / moved[day][0] - 1), day))
        was, became = moved[worst]
        says = (
            f"the world total{_for(worst)} went from {was:,} to {became:,} ({became / was - 1:+.1%}){_likewise(moved)}"
        )
        yield "total_moved", says, {"dates": len(moved), "total_before": was, "total_now": became}, _days(moved)
    if movement.revised:
        count = f"{movement.revised:,} figure{' was' if movement.revised == 1 else 's were'}"
        says = (
            f"{count} revised by more than {limits.revision_share:.0%} and {limits.revision_at_least:,}; "
            f"the largest: {movement.largest}"
        )
        yield "large_revision", says, {"figures": movement.revised}, ()
    if movement.appeared:
        listed = ", ".join(movement.appeared)
        yield "country_appears", f"there was no figure of {listed} before", {"countries": listed}, ()
    if movement.withdrawn_first and movement.first_date:
        count = f"{movement.withdrawn_first:,} of its first figures"
        says = f"{count} ({movement.first_date}) {'was' if movement.withdrawn_first == 1 else 'were'} withdrawn"
        yield "first_figures_withdrawn", says, {"figures": movement.withdrawn_first}, (movement.first_date,)


# --- words ------------------------------------------------------------------------------------------------------------


def _named(subject: Subject, side: Side) -> str:
    name = subject.name if subject.is_table else f"{subject.name} ({subject.code})"
    return f"{name} of release {side.release}"


def _accept(release: date, code: str) -> str:
    return (
        "What stood before stays. If this is meant, take it in with: "
        f'displacement releases accept {release} {code} --reason "…"'
    )


def _for(day: date | None) -> str:
    return f" for {day}" if day else ""


def _likewise(dates: Mapping[date | None, object] | Mapping[date, object]) -> str:
    known = _days(dates)
    return f", and likewise on {len(known)} dates from {known[0]} to {known[-1]}" if len(known) > 1 else ""


def _days(dates: Mapping[date | None, object] | Mapping[date, object]) -> tuple[date, ...]:
    return tuple(sorted(day for day in dates if day))


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)
