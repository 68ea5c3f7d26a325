"""What is held back, and decisions about it: accepting it with a reason, and taking that back. Both are kept."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.ledger import decisions as decided
from displacement.ledger import derive
from displacement.ledger.add import report
from displacement.ledger.addition import Report
from displacement.ledger.decisions import Decision, Verdict
from displacement.ledger.derive import State, current_state
from displacement.ledger.inputs import read_subjects
from displacement.ledger.records import HeldBack, read_held_back, read_in_quarantine
from displacement.ledger.shipped import read_shipped

if TYPE_CHECKING:
    from pathlib import Path

    from displacement.intake.model import InQuarantine
    from displacement.settings import Settings


ANOMALIES = "anomalies"
"""The subject of the decision that the odd figures of the newest date of a release are right: see `build.anomalies`."""


def expected_until(settings: Settings, releases: Sequence[date]) -> date:
    """Return the newest release whose anomalies stop no build: it is shipped, accepted, or the first there is."""
    shipped = {release for release, _ in read_shipped(settings.data).newest}
    made = decisions(settings)
    known = (day for day in releases if day in shipped or decided.is_accepted(made, day, ANOMALIES))
    return max(known, default=releases[0])


def held_back(settings: Settings) -> tuple[HeldBack, ...]:
    """Return what is held back in the current ledger, by release, dataset and indicator."""
    return read_held_back(settings.ledger or derive.current(settings))


def in_quarantine(settings: Settings) -> list[InQuarantine]:
    """Return the rows in quarantine of the releases that were added here, by release, dataset and rule."""
    return read_in_quarantine(settings.ledger or derive.current(settings))


def decisions(settings: Settings) -> tuple[Decision, ...]:
    """Return every decision about what was held back, in the order in which they were made."""
    found = decided.read(settings.ledger_home, decided.names(settings.ledger_home))
    return tuple(each for each in found if each.release)


def in_short(settings: Settings) -> str | None:
    """Return what is held back now and what the total lacks because of it, or None where nothing is held back."""
    components = {code for code, subject in read_subjects(settings.data).items() if subject.in_headline}
    texts: dict[tuple[date, str], str] = {}
    for row in held_back(settings):
        if row.superseded_in is None:
            empty = row.indicator in components and row.reference_dates
            days = ", ".join(str(day) for day in row.reference_dates)
            without = f"; forcibly_displaced is empty for {days}" if empty else ""
            texts.setdefault((row.release, row.indicator), f"{row.indicator} of {row.release} ({row.rule}{without})")
    return ". ".join(texts.values()) or None


def accept(settings: Settings, release: date, subject: str, reason: str, *, by: str | None = None) -> Report:
    """Let what is held back of a release into the figures: an indicator, a table, or a dataset that intake stopped.

    Args:
        settings: where the ledger is.
        release: the release.
        subject: the code of the indicator, or the name of the dataset.
        reason: why; it is kept.
        by: who decides; the name of the user unless given.

    Raises:
        WrongUseError: there is no reason, nothing of that name is held back, or nothing of it was kept.
        DisplacementError: the ledger is damaged or cannot be written.
    """
    return _decide(settings, release, subject, "accepted", reason, by)


def take_back(settings: Settings, release: date, subject: str, reason: str, *, by: str | None = None) -> Report:
    """Take back that a person accepted something: it is judged by the gate again.

    Raises:
        WrongUseError: there is no reason, or nobody accepted that.
        DisplacementError: the ledger is damaged or cannot be written.
    """
    return _decide(settings, release, subject, "taken back", reason, by)


def start_empty(settings: Settings) -> Path:
    """Begin a ledger without the shipped releases; return its directory.

    Raises:
        WrongUseError: there is a ledger already.
    """
    if derive.current(settings) != settings.data:
        raise WrongUseError(f"There is a ledger in {settings.ledger_home} already. Move it away to begin an empty one.")
    _write(settings, None, decided.SHIPPED, "left out", "The ledger was begun empty.", None)
    return derive.current(settings)


def _decide(settings: Settings, release: date, subject: str, verdict: Verdict, reason: str, by: str | None) -> Report:
    if not reason.strip():
        raise WrongUseError('A decision needs a reason that others can read later: --reason "…".')
    before = current_state(settings)
    if verdict == "accepted":
        _require_held(settings, before, release, subject)
    elif not before.inputs.is_accepted(release, subject):
        raise WrongUseError(f"Nobody accepted {subject} of release {release}, so there is nothing to take back.")
    _write(settings, release, subject, verdict, " ".join(reason.split()), by)
    return report(settings, release, before, current_state(settings))


def _write(
    settings: Settings, release: date | None, subject: str, verdict: Verdict, reason: str, by: str | None
) -> None:
    now = datetime.now(UTC)
    made = Decision(now.isoformat(timespec="seconds"), by or _user(), release, subject, verdict, reason)
    decided.write(settings.ledger_home, made, now)


def _require_held(settings: Settings, before: State, release: date, subject: str) -> None:
    """Raise an error unless a subject of a release is held back and can be accepted."""
    inputs = before.inputs
    is_added = any(release == day for day, _ in inputs.readings)
    if (release, subject) in before.held or (subject == ANOMALIES and is_added):
        return
    reading = inputs.readings.get((release, subject))
    if reading and reading.stopped and not inputs.is_accepted(release, subject):
        if reading.kind != "nothing":
            return
        raise WrongUseError(
            f"Nothing of {subject} of release {release} was kept, so it cannot be accepted. Get it again."
        )
    dataset = inputs.subject(subject).dataset
    whole = inputs.readings.get((release, dataset))
    if whole and inputs.is_stopped(whole):
        raise WrongUseError(
            f"{subject} of release {release} is held back with its whole dataset: accept {dataset} instead."
        )
    held = sorted({f"{row.release} {row.indicator}" for row in held_back(settings)})
    raise WrongUseError(
        f"Nothing named {subject} of release {release} is held back. Held back: {', '.join(held) or 'nothing'}."
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"  # a container without a list of users
