"""The release gate: a release is compared with the last accepted one before it, and what is damaged is held back.

Comparison goes reference date by reference date: a known date with itself, a new one with the same date a year before,
a mid-year never with a year-end. A rise, a correction, a country that comes late is normal and at most warned of; a
loss, a rearrangement, a copy is not, and holds that indicator back. `gate_compare` compares, `gate_rules` and
`gate_warnings` have a function for each rule, `thresholds.toml` their numbers. Which release comes before another, and
what a decision changes, is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from displacement.ledger.gate_compare import Comparison, compare
from displacement.ledger.gate_findings import (
    Edition,
    Finding,
    Severity,
    Subject,
    Thresholds,
    in_sentences,
    require_past,
    stopped,
    thresholds,
)
from displacement.ledger.gate_rules import BLOCKING
from displacement.ledger.gate_warnings import WARNING

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
        Blocking findings hold their subject back; warnings are what is odd about it all the same. Where the release is
        held back as a whole every subject of `now` has a finding with the same sentence.
    """
    compared = compare(connection, subjects, now, before, limits or thresholds())
    blocking = [finding for each in compared for rule in BLOCKING for finding in rule(each)]
    blocking += _as_a_whole(compared, blocking, subjects, now)
    return blocking + [finding for each in compared for rule in WARNING for finding in rule(each)]


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
