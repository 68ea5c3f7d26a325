"""Writing a changed ledger as its next version: figures, books, and what is kept aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from displacement.ledger import books as book
from displacement.ledger.books import HeldBack, Stop
from displacement.ledger.gate import Finding, stopped
from displacement.ledger.merge import UNKNOWN, Revision
from displacement.ledger.read import FIGURES, RELEASE_DATASETS, RELEASES
from displacement.ledger.tables import HELD, subject_of
from displacement.ledger.versions import Draft


def write(revision: Revision) -> Path:
    """Write the next version of the ledger and switch to it; return the directory of the ledger that stands."""
    draft = revision.draft
    if revision.bench.is_changed:
        revision.bench.write(draft.path(FIGURES))
    else:
        draft.take(draft.previous / FIGURES, FIGURES)
    _write_aside(revision)
    revision.tables.write(draft)
    revision.books = replace(revision.books, figures=_figures(revision))
    revision.books = replace(revision.books, held_back=tuple(_held_back(revision)))
    _write_books(revision, draft)
    base: dict[str, tuple[str, ...]] = {}
    for release, dataset in sorted(revision.books.base):
        base[str(release)] = (*base.get(str(release), ()), dataset)
    return draft.finish(follows_program=revision.follows_program, base=base)


def _write_books(revision: Revision, draft: Draft) -> None:
    books = revision.books
    draft.write_text(RELEASES, book.releases_text(book.titles(books, revision.settings.data)))
    draft.write_text(RELEASE_DATASETS, book.release_datasets_text(books))
    draft.write_text(book.HELD_BACK, book.held_back_text(books.held_back))
    draft.write_text(book.STOPPED, book.stopped_text(books.stops))
    draft.write_text(book.DECISIONS, book.decisions_text(books.decisions))


def _figures(revision: Revision) -> dict[tuple[date, str], int]:
    """Return how many figures each dataset of a release holds; before the change they are as they were."""
    return {
        (release, dataset): revision.before.figures[release, dataset]
        if release < revision.since
        else revision.contents.figures(release, newest, revision.indicators(dataset))
        for (release, dataset), newest in revision.books.newest.items()
    }


def _write_aside(revision: Revision) -> None:
    """Write what is not in the figures: indicators held back, and facts that releases do not speak of."""
    for release, dataset in revision.books.read:
        for code in revision.indicators(dataset):
            if (release, code) not in revision.inside:
                revision.bench.write_aside(release, code, revision.draft.path(f"{HELD}/{release}.{code}.parquet"))
    for release in sorted({release for release, _ in revision.contents.unknown}):
        revision.bench.write_unknown(release, revision.draft.path(f"{UNKNOWN}/{release}.parquet"))


# --- the table of what is held back -----------------------------------------------------------------------------------


def _held_back(revision: Revision) -> Iterator[HeldBack]:
    """Yield the rows of `held_back`: those before the change as they were, those from it on as they are now."""
    for row in revision.before.held_back:
        if row.release < revision.since:
            yield replace(row, superseded_in=_superseded(revision, row.release, row.dataset, row.indicator))
    for (release, code), findings in revision.findings.items():
        for finding in findings:
            yield _row(revision, finding, _changing(revision, release, code))
    for stop in revision.books.stops:
        if stop.release >= revision.since and stop.is_whole and revision.indicators(stop.dataset):
            yield from _stopped_rows(revision, stop)


def _stopped_rows(revision: Revision, stop: Stop) -> Iterator[HeldBack]:
    """Yield a row for each indicator that a stopped dataset would change; one for the dataset if there is none."""
    key = (stop.release, stop.dataset)
    if revision.books.is_accepted(*key):
        return
    codes = revision.indicators(stop.dataset) if key in revision.books.read else []
    changing = {code: _changing(revision, stop.release, code) for code in codes}
    changing = {code: days for code, days in changing.items() if days} or {stop.dataset: ()}
    for code, days in changing.items():
        subject = revision.subjects.get(code) or subject_of(stop.dataset)
        accepted_as = stop.dataset if stop.newest else None
        finding = stopped(subject, stop.release, stop.rule, stop.sentence, accepted_as=accepted_as)
        yield _row(revision, replace(finding, dataset=stop.dataset), days)


def _row(revision: Revision, finding: Finding, days: tuple[date, ...]) -> HeldBack:
    return HeldBack(
        finding.release,
        finding.dataset,
        finding.indicator,
        finding.rule,
        finding.sentence,
        book.numbers_text(finding.numbers),
        days,
        _superseded(revision, finding.release, finding.dataset, finding.indicator),
    )


def _changing(revision: Revision, release: date, code: str) -> tuple[date, ...]:
    """Return the dates whose figures of an indicator a release that is held back would change."""
    if code not in revision.subjects:
        return ()
    newest = revision.books.read[release, revision.subjects[code].dataset]
    says, stands = revision.contents.aside(release, code), revision.contents.standing(release, code, newest)
    days = revision.contents.days(release, code, newest)
    return tuple(day for day in days if says.get(day) != stands.get(day))


def _superseded(revision: Revision, release: date, dataset: str, code: str) -> date | None:
    """Return the first release after one that is held back in which the same was accepted."""
    if code in revision.subjects:
        later = [each for each, inside in revision.inside if inside == code]
    elif revision.indicators(dataset):
        later = [each for each, inside in revision.books.newest if inside == dataset]
    else:
        later = [each for each, accepted in revision.tables.accepted if accepted == dataset]
    return min((each for each in later if each > release), default=None)
