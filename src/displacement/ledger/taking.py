"""Taking a release in: what is new of it is judged, and merged or held back.

A release once taken in does not change: the same content again does nothing, other content is refused by name and the
rest goes on. A release that says what the one before it said is no new release. What is held back was not taken in, and
may come again in another form.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.ledger import versions
from displacement.ledger.arrival import Arrival
from displacement.ledger.books import titles
from displacement.ledger.gate import Finding, Movement, thresholds, warn
from displacement.ledger.merge import Revision
from displacement.ledger.outcome import Change, Intake, Rejudged, TakenDataset
from displacement.ledger.record import write

if TYPE_CHECKING:
    from displacement.intake.model import Reading
    from displacement.settings import Settings


def take_in(settings: Settings, reading: Reading) -> Intake:
    """Take what was read of a release into the ledger.

    Raises:
        DisplacementError: the ledger is damaged or cannot be written, or another process is writing and does not end.
    """
    return versions.again_if_overtaken(settings, lambda: _take_in(settings, reading))


def _take_in(settings: Settings, reading: Reading) -> Intake:
    versions.pinned(replace(settings, ledger=None))  # takes in first what a newer program brought along
    with versions.writing(settings) as draft, Revision(settings, draft) as revision:
        revision.arrive(reading.datasets)
        arrival = Arrival(revision, reading)
        if not arrival.wanted:
            return report(revision, reading.release, draft.previous, datasets=arrival.datasets())
        totals = revision.contents.totals(reading.release)
        revision.take(reading.release, arrival.wanted)
        return report(revision, reading.release, write(revision), totals, arrival.datasets())


def report(
    revision: Revision,
    release: date,
    ledger: Path,
    totals: dict[tuple[str, date], int] | None = None,
    datasets: tuple[TakenDataset, ...] = (),
) -> Intake:
    """Return what came of a change.

    Args:
        revision: the change, put into effect; or one of which nothing was wanted.
        release: the release it is about.
        ledger: the directory of the ledger that stands now.
        totals: the world totals that stood in the release before; None where nothing was changed.
        datasets: the datasets that came.
    """
    names = titles(revision.books, revision.settings.data)
    return Intake(
        release=release,
        title=names.get(release, ("", ""))[0],
        is_new=totals is not None,
        ledger=ledger,
        datasets=datasets,
        changes=tuple(_changes(revision, release, totals)) if totals is not None else (),
        held=tuple(each for (day, _), findings in revision.findings.items() if day == release for each in findings),
        warnings=tuple(_warnings(revision, release)) if totals is not None else (),
        rejudged=tuple(
            Rejudged(each.release, each.code, not each.is_inside) for each in revision.moved if each.release != release
        ),
    )


def _changes(revision: Revision, release: date, before: dict[tuple[str, date], int]) -> list[Change]:
    after = revision.contents.totals(release)
    return [
        Change(indicator, day, new, changed, withdrawn, before.get((indicator, day)), after.get((indicator, day)))
        for indicator, day, new, changed, withdrawn in revision.bench.differences(release)
    ]


def _warnings(revision: Revision, release: date) -> list[Finding]:
    """Return what is odd about the indicators of a release that were let in."""
    movements = revision.bench.movements(release, thresholds())
    found = []
    for subject in revision.subjects.values():
        earlier = [day for day, code in revision.inside if code == subject.code and day < release]
        if (release, subject.code) in revision.inside and earlier:
            now, before = (
                revision.contents.side(subject, day, revision.books, is_inside=True) for day in (release, max(earlier))
            )
            found += warn(subject, now, before, movements.get(subject.code, Movement()))
    return found
