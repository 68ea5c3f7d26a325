"""Decisions about what is held back: accepting it with a reason, and taking that back. Both are kept."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.ledger import versions
from displacement.ledger.books import Decision, HeldBack, Verdict, read_books
from displacement.ledger.merge import Revision, read_subjects
from displacement.ledger.outcome import Intake
from displacement.ledger.record import write
from displacement.ledger.taking import report

if TYPE_CHECKING:
    from displacement.settings import Settings


def held_back(settings: Settings) -> tuple[HeldBack, ...]:
    """Return what is held back in the ledger that stands, by release, dataset and indicator."""
    return read_books(versions.pinned(settings).ledger or settings.data).held_back


def decisions(settings: Settings) -> tuple[Decision, ...]:
    """Return every decision about what was held back, in the order in which they were made."""
    return read_books(versions.pinned(settings).ledger or settings.data).decisions


def in_short(settings: Settings) -> str | None:
    """Return what is held back now and what the total lacks because of it, or None where nothing is held back."""
    bound = versions.pinned(settings).ledger or settings.data
    components = {code for code, subject in read_subjects(settings.data).items() if subject.in_headline}
    said: dict[tuple[date, str], str] = {}
    for row in read_books(bound).held_back:
        if row.superseded_in is None:
            empty = row.indicator in components and row.reference_dates
            days = ", ".join(str(day) for day in row.reference_dates)
            without = f"; forcibly_displaced is empty for {days}" if empty else ""
            said.setdefault((row.release, row.indicator), f"{row.indicator} of {row.release} ({row.rule}{without})")
    return ". ".join(said.values()) or None


def accept(settings: Settings, release: date, subject: str, reason: str, *, by: str | None = None) -> Intake:
    """Take in what is held back of a release: an indicator, a table, or a dataset that intake stopped.

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


def take_back(settings: Settings, release: date, subject: str, reason: str, *, by: str | None = None) -> Intake:
    """Take back that a person accepted something: it is judged by the gate again.

    Raises:
        WrongUseError: there is no reason, or nobody accepted that.
        DisplacementError: the ledger is damaged or cannot be written.
    """
    return _decide(settings, release, subject, "taken back", reason, by)


def _decide(settings: Settings, release: date, subject: str, verdict: Verdict, reason: str, by: str | None) -> Intake:
    return versions.again_if_overtaken(settings, lambda: _decide_once(settings, release, subject, verdict, reason, by))


def _decide_once(
    settings: Settings, release: date, subject: str, verdict: Verdict, reason: str, by: str | None
) -> Intake:
    if not reason.strip():
        raise WrongUseError('A decision needs a reason that others can read later: --reason "…".')
    versions.pinned(replace(settings, ledger=None))  # takes in first what a newer program brought along
    with versions.writing(settings) as draft, Revision(settings, draft) as revision:
        if verdict == "accepted":
            _require_held(revision, release, subject)
        elif not revision.before.is_accepted(release, subject):
            raise WrongUseError(f"Nobody accepted {subject} of release {release}, so there is nothing to take back.")
        totals = revision.contents.totals(release)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        revision.decide(Decision(now, by or _user(), release, subject, verdict, " ".join(reason.split())))
        return report(revision, release, write(revision), totals)


def _require_held(revision: Revision, release: date, subject: str) -> None:
    """See to it that a subject of a release is held back and can be accepted."""
    before = revision.before
    if (release, subject) in before.held(revision.subjects) or (release, subject) in revision.tables.aside:
        return
    if before.stops_of(release, subject, is_whole=True) and not before.is_accepted(release, subject):
        if (release, subject) in before.read:
            return
        raise WrongUseError(
            f"Nothing of {subject} of release {release} was kept, so it cannot be accepted. Get it again."
        )
    indicator = revision.subjects.get(subject)
    is_stopped = indicator and before.stops_of(release, indicator.dataset, is_whole=True)
    if indicator and is_stopped and (release, indicator.dataset) not in before.newest:
        raise WrongUseError(
            f"{subject} of release {release} is held back with its whole dataset: accept {indicator.dataset} instead."
        )
    held = sorted({f"{row.release} {row.indicator}" for row in before.held_back})
    raise WrongUseError(
        f"Nothing named {subject} of release {release} is held back. Held back: {', '.join(held) or 'nothing'}."
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"  # a container without a list of users
