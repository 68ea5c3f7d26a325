"""A change to the ledger while it is put into effect: what comes in, what is decided, and what follows for the rest.

The change is made in a draft of the next version, and nothing of it is seen before the draft is finished. What was
taken in and decided makes the ledger, in whatever order it came: who is held back is judged anew from the changed
release on, and the figures follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from displacement.ledger import books as book
from displacement.ledger import versions
from displacement.ledger.bench import Bench
from displacement.ledger.books import Decision, Stop, covers
from displacement.ledger.contents import Contents
from displacement.ledger.gate import Finding, Subject, stopped
from displacement.ledger.read import FIGURES, read_rows
from displacement.ledger.splice import Cut
from displacement.ledger.standing import held_of
from displacement.ledger.tables import held_files, read_tables, shipped_tables, subject_of

if TYPE_CHECKING:
    from displacement.intake.model import DatasetReading
    from displacement.ledger.versions import Draft
    from displacement.settings import Settings

UNKNOWN = "unknown"
"""Directory of a version: the facts that releases do not speak of."""

Key = tuple[date, str]
"""A release, and a dataset or the code of an indicator."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An indicator or table of a release that a change let in, or put out again."""

    release: date
    code: str
    is_inside: bool


class Revision:
    """A change to the ledger, in a draft of the next version."""

    def __init__(self, settings: Settings, draft: Draft) -> None:
        """Read the ledger a draft goes on from."""
        self.settings = settings
        self.draft = draft
        self.subjects = read_subjects(settings.data)
        previous, ours = draft.previous, draft.previous != settings.data
        self._manifest = versions.read_manifest(settings, previous) if ours else None
        self.before = book.read_books(previous, self._manifest.base if self._manifest else None)
        self.books = self.before
        self.tables = read_tables(previous, self.subjects) if ours else shipped_tables(settings.data)
        if not ours:
            self.books = replace(self.books, base=self.books.base | set(self.tables.accepted))
        self.follows_program = self._manifest.follows_program if self._manifest else True
        self.bench = Bench(settings.home)
        self.bench.load(previous / FIGURES)
        for release, code, path in held_files(previous):
            if code in self.subjects:
                self.bench.put_aside(release, path)
        for path in sorted((previous / UNKNOWN).glob("*.parquet")):
            self.bench.unsay(date.fromisoformat(path.stem), path)
        self.contents = Contents(self.bench)
        self.held = self.before.held(self.subjects)
        self.inside = self._inside(self.held)
        self.findings: dict[Key, list[Finding]] = {}
        self.moved: list[Moved] = []
        self.since = date.max
        """The first release that a change was about."""

    def __enter__(self) -> Revision:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the memory."""
        self.bench.__exit__(kind, error, trace)

    def indicators(self, dataset: str) -> list[str]:
        """Return the codes of the indicators of a dataset; none for a table."""
        return [code for code, subject in self.subjects.items() if subject.dataset == dataset]

    def _inside(self, held: set[Key]) -> set[Key]:
        """Return the releases of indicators that are to be in the figures."""
        return {(release, code) for release, dataset in self.books.newest for code in self.indicators(dataset)} - held

    # --- what comes in and is decided ---------------------------------------------------------------------------------

    def arrive(self, readings: Iterable[DatasetReading]) -> None:
        """Put the facts of a release that has come on the bench, in place of what came before.

        Raises:
            DisplacementError: they are not what a ledger takes in.
        """
        self.bench.clear()
        for reading in readings:
            if reading.facts:
                self.bench.arrive(reading.facts, self.indicators(reading.dataset))

    def take(self, release: date, readings: Iterable[DatasetReading], *, as_base: bool = False) -> None:
        """Take datasets of a release in, to be judged.

        Args:
            release: the release.
            readings: what reading them came to; their facts have been put on the bench with `arrive`.
            as_base: they came with the program, and are not judged.
        """
        admitted: list[str] = []
        for reading in readings:
            key, codes = (release, reading.dataset), self.indicators(reading.dataset)
            stops = tuple(stop for stop in self.books.stops if (stop.release, stop.dataset) != key)
            self.books = replace(
                self.books,
                stops=(*stops, *stops_of(release, reading, is_table=not codes)),
                base=self.books.base | {key} if as_base else self.books.base,
            )
            if reading.table and not codes:
                self.tables.take(release, reading.dataset, reading.table)
            if reading.facts and reading.newest_reference_date and codes:
                self.books = replace(self.books, read={**self.books.read, key: reading.newest_reference_date})
                self.bench.unsay(release, reading.unknown, codes)
                admitted += [code for code in codes if (release, code) not in self.inside]
        self.bench.admit(release, admitted)
        self._settle(release)

    def decide(self, decision: Decision) -> None:
        """Put a decision about a held indicator, table or dataset into effect."""
        self.books = self.books.decided(decision)
        self._settle(decision.release)

    # --- what follows -------------------------------------------------------------------------------------------------

    def _settle(self, since: date) -> None:
        """Judge every release from the changed one on, and let the figures follow."""
        self.since = min(self.since, since)
        self.contents.count()
        self.findings = {key: findings for key, findings in self.findings.items() if key[0] < since}
        held = {key for key in self.held if key[0] < since}
        for subject in self.subjects.values():
            held |= self._judge(subject, since)
        self.held = held
        wanted = self._inside(held)
        out, came = self.inside - wanted, wanted - self.inside
        self._take_out(out)
        self._let_in(came)
        self.moved += [Moved(*key, is_inside=False) for key in sorted(out)]
        self.moved += [Moved(*key, is_inside=True) for key in sorted(came)]
        self._settle_tables(since)

    def _judge(self, subject: Subject, since: date) -> set[Key]:
        held_before = {release for release, code in self.held if code == subject.code}
        held = held_of(
            subject,
            sorted(release for release, dataset in self.books.newest if dataset == subject.dataset),
            lambda release: self.contents.side(
                subject, release, self.books, is_inside=(release, subject.code) in self.inside
            ),
            since=since,
            held_before=held_before,
            base={release for release, dataset in self.books.base if dataset == subject.dataset},
            is_accepted=lambda release: self.books.is_accepted(release, subject.code),
            stops=lambda release: self._stopped(subject, release),
        )
        self.findings |= {(release, subject.code): findings for release, findings in held.items()}
        return {(release, subject.code) for release in held}

    def _stopped(self, subject: Subject, release: date) -> list[Finding]:
        """Return why intake stopped a subject of a release."""
        return [
            stopped(subject, release, stop.rule, stop.sentence, accepted_as=subject.code)
            for stop in self.books.stops_of(release, subject.code, is_whole=subject.is_table)
        ]

    def _take_out(self, keys: set[Key]) -> None:
        for release in sorted({release for release, _ in keys}):
            codes = sorted(code for each, code in keys if each == release)
            self.inside -= {(release, code) for code in codes}
            for code in codes:
                self.bench.set_aside(release, code, self._days(release, code))
            self.bench.remove(release, [cut for code in codes for cut in self._cuts(release, code)])
            self.contents.count()

    def _let_in(self, keys: set[Key]) -> None:
        for release in sorted({release for release, _ in keys}):
            codes = sorted(code for each, code in keys if each == release)
            self.bench.add(release, [cut for code in codes for cut in self._differing(release, code)])
            self.bench.forget(release, codes)
            self.inside |= {(release, code) for code in codes}
            self.contents.count()

    def _days(self, release: date, code: str) -> list[date]:
        return self.contents.days(release, code, self.books.read[release, self.subjects[code].dataset])

    def _cuts(self, release: date, code: str) -> list[Cut]:
        """Return the dates of an indicator that a release covers, each with the later releases that do."""
        dataset = self.subjects[code].dataset
        after = sorted(each for each, inside in self.inside if inside == code and each > release)
        newest = {each: self.books.read[each, dataset] for each in after}
        return [
            Cut(code, day, tuple(each for each in after if covers(newest[each], day)))
            for day in self._days(release, code)
        ]

    def _differing(self, release: date, code: str) -> list[Cut]:
        """Return the cuts at whose date a release that is aside says something else than what stands."""
        newest = self.books.read[release, self.subjects[code].dataset]
        says, stands = self.contents.aside(release, code), self.contents.standing(release, code, newest)
        return [cut for cut in self._cuts(release, code) if says.get(cut.day) != stands.get(cut.day)]

    def _settle_tables(self, since: date) -> None:
        for dataset in sorted(self.tables.datasets()):
            aside = {release for release, each in self.tables.aside if each == dataset}
            held = self._judge_table(dataset, aside, since)
            self.findings |= {(release, dataset): findings for release, findings in held.items()}
            outside = {release for release in aside if release < since} | set(held)
            self.moved += [Moved(*each) for each in self.tables.settle(dataset, outside)]

    def _judge_table(self, dataset: str, aside: set[date], since: date) -> dict[date, list[Finding]]:
        subject = subject_of(dataset)
        return held_of(
            subject,
            self.tables.releases(dataset),
            lambda release: self.tables.side(dataset, release),
            since=since,
            held_before=aside,
            base={release for release, each in self.books.base if each == dataset},
            is_accepted=lambda release: self.books.is_accepted(release, dataset),
            stops=lambda release: self._stopped(subject, release),
        )


def read_subjects(data: Path) -> Mapping[str, Subject]:
    """Return the indicators as the gate judges them, by their code, in the order of the list of record."""
    rows = read_rows(data / "indicators.csv")
    return {
        row["indicator"]: Subject(row["indicator"], row["dataset"], row["name"], row["in_headline"] == "yes")
        for row in rows
    }


def stops_of(release: date, reading: DatasetReading, *, is_table: bool) -> Sequence[Stop]:
    """Return why intake stopped a dataset or indicators of it."""
    dataset = reading.dataset
    stops = [Stop(release, dataset, hold.indicator, False, hold.rule, None, hold.sentence) for hold in reading.holds]
    newest = None if is_table or not reading.facts else reading.newest_reference_date
    if reading.stopped:
        rule = reading.stopped_by or "stopped"
        stops.append(Stop(release, dataset, dataset, True, rule, newest, reading.stopped))
    elif not is_table and newest is None:
        stops.append(Stop(release, dataset, dataset, True, "no_figures", None, f"{dataset} holds no figure."))
    return stops
