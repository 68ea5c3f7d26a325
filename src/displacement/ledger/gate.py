"""The release gate: a release is compared with the last accepted one before it, and what is damaged is held back.

Comparison goes reference date by reference date: a known date with itself, a new one with the same date a year before,
a mid-year never with a year-end. A rise, a correction, a country that comes late is normal and at most warned of; a
loss, a rearrangement, a copy is not, and holds that indicator back. `gate_compare` compares, `gate_rules` has a
function for each rule, `thresholds.toml` their numbers. Which release comes before another, and what a decision
changes, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from displacement.ledger.gate_compare import Comparison, compare
from displacement.ledger.gate_findings import (
    Edition,
    Finding,
    Severity,
    Subject,
    Thresholds,
    how_to_accept,
    in_sentences,
    require_past,
    stopped,
    thresholds,
)
from displacement.ledger.gate_rules import BLOCKING, WARNING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "Edition",
    "Finding",
    "Severity",
    "Subject",
    "Thresholds",
    "in_sentences",
    "judge_release",
    "require_past",
    "stopped",
    "thresholds",
]


def judge_release(
    connection: DuckDBPyConnection,
    subjects: Mapping[str, Subject],
    now: Mapping[str, Edition],
    before: Mapping[str, Edition],
    limits: Thresholds | None = None,
) -> list[Finding]:
    """Return what the rules find in a release: why indicators and tables are held back, and what is worth a look.

    The facts are read from relations of the connection:

    - `now_facts(indicator, reference_date, origin, asylum, value)`: what the release has, all year-ends up to its
      newest date and only its newest mid-year;
    - `before_facts`, likewise: of each indicator the figures as of the last accepted release before, with every
      mid-year;
    - `unknown_facts(indicator, reference_date, origin, asylum)`: facts of the release that have a row in quarantine;
    - `now_rows(dataset, reference_date, rows)` and `before_rows`: whole tables, counted by year.

    Args:
        connection: where these relations are; temporary tables named `gate_…` are made beside them.
        subjects: the indicators and tables by their code.
        now: what the release has of them, by code.
        before: the last accepted release before it in time, by code; what has none is compared with nothing.
        limits: the thresholds; the reviewed ones unless given.

    Returns:
        Blocking findings hold their subject back; a subject that is held back has no warnings. Where the release is
        held back as a whole every subject of `now` has a finding with the same sentence.
    """
    compared = compare(connection, subjects, now, before, limits or thresholds())
    blocking = [finding for each in compared for rule in BLOCKING for finding in rule(each)]
    blocking += _as_a_whole(compared, blocking, subjects, now)
    held = {finding.indicator for finding in blocking}
    free = [each for each in compared if not each.subject.is_table and each.subject.code not in held]
    return blocking + [finding for each in free for rule in WARNING for finding in rule(each)]


def _as_a_whole(
    compared: list[Comparison], held: list[Finding], subjects: Mapping[str, Subject], now: Mapping[str, Edition]
) -> list[Finding]:
    """Return a finding for every subject where the release as a whole is old or damaged."""
    old = [each for each in compared if _goes_back(each)]
    indicators = {each.subject.code for each in compared if not each.subject.is_table}
    damaged = sorted(indicators & {finding.indicator for finding in held})
    if old:
        worst = max(old, key=lambda each: (each.before.newest or date.min, each.subject.dataset))
        rule, says = (
            "older_release",
            f"its {worst.subject.dataset} goes up to {worst.now.newest}, and that of release {worst.before.release} "
            f"before it up to {worst.before.newest}: an old copy under a new day",
        )
    elif compared and _are_most(damaged, indicators, compared[0].limits):
        rule, says = (
            "most_held",
            f"{len(damaged)} of its {len(indicators)} indicators are damaged ({', '.join(damaged)})",
        )
    else:
        return []
    return [
        Finding(
            edition.release,
            subjects[code].dataset,
            code,
            rule,
            "blocking",
            f"Release {edition.release} is held back as a whole: {says}. What was current before stays. What is meant "
            f"all the same is accepted one by one, as in: displacement releases accept {edition.release} "
            f'{min(now)} --reason "…"',
            {"indicators": len(now)},
        )
        for code, edition in now.items()
    ]


def _goes_back(each: Comparison) -> bool:
    now, before = each.now, each.before
    return bool(now.newest and before.newest and now.newest < before.newest and now.release > before.release)


def _are_most(damaged: list[str], indicators: set[str], limits: Thresholds) -> bool:
    return len(damaged) >= limits.release_at_least and len(damaged) > limits.release_held_share * len(indicators)


# --- the gate of tallies, until the ledger calls `judge_release` ------------------------------------------------------


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


def _facts_lost(subject: Subject, now: Side, before: Side, limits: Thresholds) -> Finding | None:
    lost = {
        day: (tally.facts, now.at(day).facts)
        for day, tally in before.tallies.items()
        if now.speaks_of(day)
        and tally.facts - now.at(day).known >= limits.facts_lost_at_least
        and tally.facts - now.at(day).known > limits.facts_lost_share * tally.facts
    }
    if not lost:
        return None
    worst = max(lost, key=lambda day: (lost[day][0] - lost[day][1], day or date.min))
    held, left = lost[worst]
    things = "rows" if subject.is_table else "figures"
    sentence = (
        f"{_named(subject, now)}: of {held:,} {things} that release {before.release} held{_for(worst)}, {left:,} are "
        f"left{_likewise(lost)}; more than {limits.facts_lost_share:.0%} and at least {limits.facts_lost_at_least} "
        f"lost holds back. {how_to_accept(now.release, subject.code)}"
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
    since = _years_before(now.release, limits.world_total_years)
    moved = {
        day: (tally.total, now.at(day).total)
        for day, tally in before.tallies.items()
        if day
        and tally.total
        and is_year_end(day)
        and since < day < now.release
        and not (1 - limits.world_total_fall) * tally.total
        <= now.at(day).total
        <= (1 + limits.world_total_rise) * tally.total
    }
    if not moved:
        return None
    worst = max(moved, key=lambda day: (abs(moved[day][1] / moved[day][0] - 1), day))
    was, became = moved[worst]
    sentence = (
        f"{_named(subject, now)}: the world total{_for(worst)} is {became:,}, in release {before.release} it was "
        f"{was:,} ({became / was - 1:+.1%}){_likewise(moved)}; a fall of more than {limits.world_total_fall:.0%} or a "
        f"rise of more than {limits.world_total_rise:.0%} on a year-end of the {limits.world_total_years} years before "
        f"holds back. "
        f"{how_to_accept(now.release, subject.code)}"
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
        f"{how_to_accept(now.release, subject.code)}"
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
        and abs(now.at(day).total / tally.total - 1) > limits.total_moved_share
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
            f"{count} revised by more than {limits.large_revision_share:.0%} and {limits.large_revision_at_least:,}; "
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


def _for(day: date | None) -> str:
    return f" for {day}" if day else ""


def _likewise(dates: Mapping[date | None, object] | Mapping[date, object]) -> str:
    known = _days(dates)
    return f", and likewise on {len(known)} dates from {known[0]} to {known[-1]}" if len(known) > 1 else ""


def _days(dates: Mapping[date | None, object] | Mapping[date, object]) -> tuple[date, ...]:
    return tuple(sorted(day for day in dates if day))


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)
