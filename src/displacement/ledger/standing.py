"""Who is held back: each release of an indicator, held against the last accepted one before it in time.

A function of what the releases hold and what was decided, never of the order in which they came: when an older release
comes in, those after it are judged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date

from displacement.ledger.gate import Finding, Side, Subject, judge


def held_of(
    subject: Subject,
    releases: Iterable[date],
    side: Callable[[date], Side],
    *,
    since: date,
    held_before: Collection[date],
    base: Collection[date],
    is_accepted: Callable[[date], bool],
    stops: Callable[[date], list[Finding]],
) -> dict[date, list[Finding]]:
    """Return the releases of a subject that are held back, each with the reasons.

    Args:
        subject: the indicator or table.
        releases: those that hold it, oldest first.
        side: what a release says about it; asked only where it matters.
        since: the release from which on something may be different; earlier ones are as they were.
        held_before: releases that were held back.
        base: releases that came with the program: accepted, never judged.
        is_accepted: whether a person decided that a release may pass.
        stops: why intake stopped it in a release, if it did.
    """
    held: dict[date, list[Finding]] = {}
    accepted: date | None = None
    for release in releases:
        if release < since:
            accepted = accepted if release in held_before else release
            continue
        if release not in base and not is_accepted(release):
            findings = stops(release)
            if accepted:
                findings = [*findings, *judge(subject, side(release), side(accepted))]
            if findings:
                held[release] = findings
                continue
        accepted = release
    return held
