"""What the release gate judges, by which numbers, and what it finds: the words of the gate, without its rules."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from displacement.errors import WrongUseError

Severity = Literal["blocking", "warning"]
Number = int | float | str

AS_A_WHOLE = ("older_release", "most_held")
"""Rules that hold back a release as a whole: each of its indicators and tables has the finding, with one sentence."""

_FILE = Path(__file__).resolve().parent / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of the rules, named by section and key of `thresholds.toml`, which gives the reason for each."""

    facts_lost_share: float
    facts_lost_at_least: int
    world_total_fall: float
    world_total_rise: float
    world_total_years: int
    rewritten_factor: float
    rewritten_share: float
    rewritten_at_least: int
    rearranged_known: float
    rearranged_new: float
    rearranged_at_least: int
    place_gone_share: float
    copied_date_share: float
    copied_date_at_least: int
    release_held_share: float
    release_at_least: int
    quarantine_share: float
    large_revision_share: float
    large_revision_at_least: int
    total_moved_share: float
    country_moved_share: float
    country_moved_at_least: int
    country_moved_factor: float


@cache
def thresholds(path: Path = _FILE) -> Thresholds:
    """Return the reviewed thresholds.

    >>> thresholds().world_total_fall
    0.2
    """
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    numbers = {
        f"{section}_{key}": value
        for section, rule in sections.items()
        for key, value in rule.items()
        if key not in ("basis", "release")
    }
    return Thresholds(**numbers)


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
class Edition:
    """A subject in one release: the release, and the newest reference date of its dataset there.

    A mid-year before `newest` is not in the release any more, and nothing is lost by that. None compares every date.
    """

    release: date
    newest: date | None


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
    numbers: Mapping[str, Number] = field(default_factory=dict)
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


def stopped(subject: Subject, release: date, rule: str, sentence: str, *, accepted_as: str | None) -> Finding:
    """Return the finding for what intake stopped: its layout, its codes, its keys or its counts are wrong.

    Args:
        subject: the indicator or table.
        release: the release.
        rule: the rule of intake that it broke.
        sentence: what was found.
        accepted_as: what a person accepts: the indicator, or the dataset; None where nothing of it was kept.
    """
    do = how_to_accept(release, accepted_as) if accepted_as else "Nothing of it was kept: get it again."
    return Finding(release, subject.dataset, subject.code, rule, "blocking", f"{sentence} {do}")


def how_to_accept(release: date, code: str) -> str:
    """Return what a person does who knows that a held figure is right."""
    return (
        "What was current before stays. If this is meant, accept it: "
        f'displacement releases accept {release} {code} --reason "…"'
    )


def require_past(release: date, today: date) -> None:
    """Refuse a release that is dated after today.

    Raises:
        WrongUseError: the release is dated after today.
    """
    if release > today:
        raise WrongUseError(
            f"The release is dated {release}, and today is {today}: a release of the future would hide every one "
            "until then. Give the day it was published with --release."
        )


def in_sentences(findings: Iterable[Finding]) -> list[str]:
    """Return findings as sentences for a person, one for each cause: a rule, a release and a severity.

    A release held back as a whole is one sentence; what its indicators met besides is in the findings.

    >>> day = date(2026, 6, 12)
    >>> lost = [Finding(day, "flows", code, "facts_lost", "blocking", f"{code} lost all.") for code in ("one", "two")]
    >>> in_sentences(lost)
    ['2 indicators of release 2026-06-12 are held back by the rule facts_lost: one, two. The first: one lost all.']
    """
    causes: dict[tuple[date, Severity, str], list[Finding]] = {}
    for finding in findings:
        causes.setdefault((finding.release, finding.severity, finding.rule), []).append(finding)
    whole = {release for release, _, rule in causes if rule in AS_A_WHOLE}
    return [
        _of_one_cause(found)
        for (release, _, rule), found in causes.items()
        if rule in AS_A_WHOLE or release not in whole
    ]


def _of_one_cause(findings: list[Finding]) -> str:
    first = findings[0]
    codes = sorted({finding.indicator for finding in findings})
    if len(codes) == 1 or first.rule in AS_A_WHOLE:
        return " ".join(dict.fromkeys(finding.sentence for finding in findings))
    does = "are held back by" if first.severity == "blocking" else "met"
    return (
        f"{len(codes)} indicators of release {first.release} {does} the rule {first.rule}: {', '.join(codes)}. "
        f"The first: {first.sentence}"
    )
