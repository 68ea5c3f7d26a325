"""A release that has come, held against what the ledger holds of it and of the release before it: what of it is new."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from displacement.ledger.bench import Tallies
from displacement.ledger.contents import with_unknown
from displacement.ledger.merge import Revision, stops_of
from displacement.ledger.outcome import DatasetOutcome, TakenDataset

if TYPE_CHECKING:
    from displacement.intake.model import DatasetReading, Reading

Standing = Literal["new", "again", "as before", "unchanged", "refused", "unreadable"]
"""How a dataset that has come stands to the ledger.

`new`: the ledger does not hold it, and the release before said something else; `as before`: it said the same; `again`:
the ledger holds it in a form that was held back; `unchanged`: it holds it with this content; `refused`: with other
content; `unreadable`: nothing of it could be read.
"""

Reason = tuple[str, bool, str]
"""Why intake stopped something: a dataset or an indicator, whether it is the dataset, and the rule."""

Content = dict[str, Tallies]
"""What a release says of each indicator of a dataset, or of the one table."""


class Arrival:
    """A release that has come; its facts are on the bench."""

    def __init__(self, revision: Revision, reading: Reading) -> None:
        """Compare it with the ledger, dataset by dataset."""
        self._revision = revision
        self._reading = reading
        self._release = reading.release
        self._tallies = revision.bench.counted_arrived(reading.release)
        self._standings = {each.dataset: self._standing(each) for each in reading.datasets}
        self.wanted = self._wanted()

    # --- what of it is wanted -----------------------------------------------------------------------------------------

    def _wanted(self) -> list[DatasetReading]:
        """Return the datasets to take in; none where the release brings nothing new."""
        found = set(self._standings.values())
        is_known = any(release == self._release for release, _ in self._revision.before.read)
        if not found & {"new", "again"} and not (is_known and "as before" in found):
            return []
        return [
            each
            for each in self._reading.datasets
            if self._standings[each.dataset] in ("new", "again", "as before")
            or (self._standings[each.dataset] == "unreadable" and not self._is_known(each.dataset, self._release))
        ]

    def _standing(self, reading: DatasetReading) -> Standing:
        dataset, came = reading.dataset, self._content(reading)
        if came is None:
            return "unreadable"
        stops = self._came_stopped(reading)
        if self._is_known(dataset, self._release):
            return self._standing_of_known(reading, came, stops)
        before = self._release_before(dataset)
        if (
            before is None
            or self._said(dataset, before) != came
            or self._newest(dataset, before) != reading_date(reading)
        ):
            return "new"
        return "as before" if self._was_stopped(dataset, before) <= stops else "new"

    def _standing_of_known(self, reading: DatasetReading, came: Content, stops: set[Reason]) -> Standing:
        dataset, release = reading.dataset, self._release
        said = self._said(dataset, release)
        is_other_date = self._newest(dataset, release) != reading_date(reading)
        differing = {code for code in said if said[code] != came[code] or is_other_date}
        if any(self._is_inside(release, code) for code in differing):
            return "refused"
        return "again" if differing or stops < self._was_stopped(dataset, release) else "unchanged"

    # --- what it says, and what the ledger says -----------------------------------------------------------------------

    def _content(self, reading: DatasetReading) -> Content | None:
        codes = self._revision.indicators(reading.dataset)
        if not codes:
            return {reading.dataset: self._revision.tables.counted(reading.table)} if reading.table else None
        if not reading.facts or not reading.newest_reference_date:
            return None
        unknown = self._revision.bench.count_unknown(reading.unknown) if reading.unknown else {}
        return {
            code: with_unknown(self._tallies.get((self._release, code), {}), unknown.get(code, {})) for code in codes
        }

    def _said(self, dataset: str, release: date) -> Content:
        contents, tables = self._revision.contents, self._revision.tables
        codes = self._revision.indicators(dataset)
        if not codes:
            return {dataset: tables.tallies(release, dataset)}
        newest = self._revision.before.read[release, dataset]
        return {
            code: with_unknown(
                contents.standing(release, code, newest)
                if self._is_inside(release, code)
                else contents.aside(release, code),
                contents.unknown.get((release, code), {}),
            )
            for code in codes
        }

    def _newest(self, dataset: str, release: date) -> date | None:
        return self._revision.before.read.get((release, dataset))

    def _is_known(self, dataset: str, release: date) -> bool:
        return (release, dataset) in self._revision.before.read or bool(self._revision.tables.path(release, dataset))

    def _is_inside(self, release: date, code: str) -> bool:
        return (release, code) in self._revision.inside or (release, code) in self._revision.tables.accepted

    def _release_before(self, dataset: str) -> date | None:
        read = [release for release, each in self._revision.before.read if each == dataset]
        known = [*read, *self._revision.tables.releases(dataset)]
        return max((release for release in known if release < self._release), default=None)

    def _came_stopped(self, reading: DatasetReading) -> set[Reason]:
        is_table = not self._revision.indicators(reading.dataset)
        stops = stops_of(self._release, reading, is_table=is_table)
        return {(stop.subject, stop.is_whole, stop.rule) for stop in stops}

    def _was_stopped(self, dataset: str, release: date) -> set[Reason]:
        stops = self._revision.before.stops
        of_it = [stop for stop in stops if (stop.release, stop.dataset) == (release, dataset)]
        return {(stop.subject, stop.is_whole, stop.rule) for stop in of_it}

    # --- what a person is told ----------------------------------------------------------------------------------------

    def datasets(self) -> tuple[TakenDataset, ...]:
        """Return what became of each dataset, once the ledger is settled."""
        return tuple(self._told(each) for each in self._reading.datasets)

    def _told(self, reading: DatasetReading) -> TakenDataset:
        outcome = self._outcome(reading)
        day = reading.newest_reference_date
        figures = f"{reading.figures:,} figures" + (f" up to {day}" if day else "")
        says: dict[DatasetOutcome, str] = {
            "taken in": f"{figures}, taken in",
            "held back": f"{figures}, of which some or all are held back",
            "unchanged": f"{figures}, which the ledger holds already",
            "as before": f"{figures}, the same as in release {self._release_before(reading.dataset)}",
            "refused": (
                f"the ledger holds release {self._release} with other content, and a release once taken in does not "
                "change. What came was left out; fetch it as the release of another day"
            ),
            "stopped": (reading.stopped or "it holds no figure").rstrip("."),
        }
        sentence = f"{reading.dataset}: {says[outcome].removeprefix(f'{reading.dataset}: ')}."
        return TakenDataset(reading.dataset, outcome, sentence, day, reading.why, reading.figures)

    def _outcome(self, reading: DatasetReading) -> DatasetOutcome:
        standing = self._standings[reading.dataset]
        if reading.stopped or standing == "unreadable":
            return "unchanged" if standing in ("unchanged", "as before") else "stopped"
        if standing == "refused" or standing == "unchanged":
            return standing
        if standing == "as before" and reading not in self.wanted:
            return standing
        codes = self._revision.indicators(reading.dataset) or [reading.dataset]
        is_held = any((self._release, code) in self._revision.findings for code in codes)
        return "held back" if is_held else "as before" if standing == "as before" else "taken in"


def reading_date(reading: DatasetReading) -> date | None:
    """Return the newest reference date of a dataset that has indicators; tables are not known by one."""
    return None if reading.table and not reading.facts else reading.newest_reference_date
