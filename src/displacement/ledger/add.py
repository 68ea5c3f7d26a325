"""Adding a release to the ledger: what of it is new becomes readings, and is judged.

A release that is current does not change: the same content again does nothing, other content is refused by name and
the rest goes on. A release that equals the one before it is no new release. What is held back may be added again in
another form.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from displacement.ledger import readings, tables
from displacement.ledger.addition import Change, DatasetReport, DatasetResult, Rejudged, Report
from displacement.ledger.derive import State, current_state
from displacement.ledger.readings import KEY, ReadingFile
from displacement.ledger.shipped import FIGURES, RELEASES, read_rows
from displacement.ledger.spans import CHECKSUM, GROUP, covers, current_in
from displacement.storage.duck import bounded, sql_text

if TYPE_CHECKING:
    import duckdb

    from displacement.intake.model import DatasetReading, Reading
    from displacement.settings import Settings

Novelty = Literal["new", "again", "as before", "unchanged", "refused", "unreadable"]
"""How a dataset of a release compares with the ledger.

`new`: the ledger does not have it, and the release before has other content; `as before`: that has the same content;
`again`: the ledger has it in a form that is held back; `unchanged`: with this content; `refused`: with other content;
`unreadable`: nothing of it could be read.
"""

Content = dict[str, tuple[int, int]]
"""The number of facts (rows of a table) and a checksum, by indicator (or table)."""


def add(settings: Settings, reading: Reading) -> Report:
    """Add what was read of a release to the ledger, and return what is new, held back and odd.

    Raises:
        DisplacementError: the ledger is damaged or cannot be written, or the facts are not facts of their datasets.
    """
    import duckdb

    reading = replace(reading, datasets=tuple(part for each in reading.datasets for part in each.apart()))
    before = current_state(settings)
    indicators = {each.dataset: before.inputs.indicators(each.dataset) for each in reading.datasets}
    with bounded(duckdb.connect(), settings.home) as connection:
        incoming = IncomingRelease(connection, before, reading)
    if not incoming.wanted:
        return report(settings, reading.release, before, before, incoming.reports(before))
    readings.write(settings.ledger_home, reading.release, incoming.wanted, indicators)
    after = current_state(settings)
    return report(settings, reading.release, before, after, incoming.reports(after))


def report(
    settings: Settings, release: date, before: State, after: State, datasets: tuple[DatasetReport, ...] = ()
) -> Report:
    """Return what a change of the ledger did.

    Args:
        settings: where the ledger is.
        release: the release it is about.
        before: the ledger before it.
        after: the ledger after it; the same where nothing was changed.
        datasets: what was done with the datasets of the release.
    """
    titles = {row["release"]: row["title"] for row in read_rows(after.directory / RELEASES)}
    is_new = after.directory != before.directory
    findings = [each for each in after.findings if each.release == release] if is_new else []
    known = {(day, code) for day in before.inputs.releases() for code in before.inputs.editions(day)}
    moved = sorted(key for key in before.held ^ after.held if key[0] != release and key in known)
    return Report(
        release=release,
        title=titles.get(release.isoformat(), ""),
        is_new=is_new,
        ledger=after.directory,
        datasets=datasets,
        changes=_changes(settings, release, before, after) if is_new else (),
        held=tuple(each for each in findings if each.severity == "blocking"),
        warnings=tuple(each for each in findings if each.severity == "warning"),
        rejudged=tuple(Rejudged(day, code, (day, code) in after.held) for day, code in moved),
    )


def _changes(settings: Settings, release: date, before: State, after: State) -> tuple[Change, ...]:
    """Return how the figures as of a release differ from what they were, by indicator and reference date."""
    import duckdb

    earlier, later = before.directory / FIGURES, after.directory / FIGURES
    if earlier.samefile(later):
        return ()
    counted = f"select {GROUP}, {CHECKSUM} as checksum from {{}} group by {GROUP}"
    with bounded(duckdb.connect(), settings.home) as connection:
        for name, path in (("earlier", earlier), ("later", later)):
            figures = f"select {KEY}, value from read_parquet('{sql_text(path)}') where {current_in(release)}"
            connection.execute(f"create temp view {name} as {figures}")
        rows = connection.execute(
            f"""
            with changed as (
                select {GROUP}
                from ({counted.format("earlier")}) as earlier
                full join ({counted.format("later")}) as later using ({GROUP})
                where earlier.checksum is distinct from later.checksum
            ),
            compared as (
                select {KEY}, earlier.value as was, later.value as became
                from (from earlier semi join changed using ({GROUP})) as earlier
                full join (from later semi join changed using ({GROUP})) as later using ({KEY})
            )
            select
                indicator,
                reference_date,
                count(*) filter (was is null),
                count(*) filter (was <> became),
                count(*) filter (became is null),
                sum(was)::bigint,
                sum(became)::bigint
            from compared
            group by indicator, reference_date
            order by indicator, reference_date
            """
        ).fetchall()
    return tuple(Change(*row) for row in rows)


class IncomingRelease:
    """A release compared with what the ledger has of it and of the release before it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, before: State, reading: Reading) -> None:
        """Compare it dataset by dataset."""
        self._connection = connection
        self._before = before
        self._inputs = before.inputs
        self._reading = reading
        self._release = reading.release
        self._novelty = {each.dataset: self._compare(each) for each in reading.datasets}
        self.wanted = self._wanted()

    def _wanted(self) -> list[DatasetReading]:
        """Return the datasets to add; none where the release brings nothing new."""
        found = set(self._novelty.values())
        is_known = any(release == self._release for release, _ in (*self._inputs.newest, *self._facts_read()))
        if not found & {"new", "again"} and not (is_known and "as before" in found):
            return []
        return [
            each
            for each in self._reading.datasets
            if self._novelty[each.dataset] in ("new", "again", "as before")
            or (self._novelty[each.dataset] == "unreadable" and not self._is_known(self._release, each.dataset))
        ]

    def _compare(self, reading: DatasetReading) -> Novelty:
        dataset, contents = reading.dataset, self._contents(reading)
        if contents is None:
            return "unreadable"
        reasons = _reasons(reading)
        if self._is_known(self._release, dataset):
            return self._compare_known(reading, contents, reasons)
        earlier = self._release_before(dataset)
        if (
            earlier is None
            or self._known_contents(earlier, dataset) != contents
            or self._newest(earlier, dataset) != _newest_of(reading)
        ):
            return "new"
        return "as before" if self._known_reasons(earlier, dataset) <= reasons else "new"

    def _compare_known(
        self, reading: DatasetReading, contents: Content, reasons: set[tuple[str, bool, str]]
    ) -> Novelty:
        dataset, release = reading.dataset, self._release
        known = self._known_contents(release, dataset)
        is_other_date = self._newest(release, dataset) != _newest_of(reading)
        differing = {code for code in known if known[code] != contents[code] or is_other_date}
        if any(self._before.is_current(release, code) for code in differing):
            return "refused"
        return "again" if differing or reasons < self._known_reasons(release, dataset) else "unchanged"

    # --- what the release and the ledger contain ----------------------------------------------------------------------

    def _contents(self, reading: DatasetReading) -> Content | None:
        codes = self._inputs.indicators(reading.dataset)
        kind = readings.kind_of(reading, codes)
        if kind == "table" and reading.table:
            return {reading.dataset: tables.checksum(self._connection, reading.table)}
        return self._counted(codes, readings.facts_of(reading)) if kind == "facts" else None

    def _known_contents(self, release: date, dataset: str) -> Content:
        key, codes = (release, dataset), self._inputs.indicators(dataset)
        if key in self._inputs.tables:
            return {dataset: tables.checksum(self._connection, self._inputs.tables[key])}
        if key in self._inputs.readings:
            return self._counted(codes, f"select {KEY}, value from ({self._inputs.readings[key].select})")
        newest = f"date '{self._inputs.newest[key]}'"
        return self._counted(
            codes,
            f"select {KEY}, value from read_parquet('{sql_text(self._inputs.shipped.figures)}') "
            f"where {current_in(release)} and {covers(newest)}",
        )

    def _counted(self, codes: list[str], facts: str) -> Content:
        listed = ", ".join(f"'{sql_text(code)}'" for code in codes)
        rows = self._connection.execute(
            f"select indicator, count(*), sum(hash({KEY}, value)::hugeint) from ({facts}) "
            f"where indicator in ({listed}) group by indicator"
        ).fetchall()
        return dict.fromkeys(codes, (0, 0)) | {code: (int(facts), int(found)) for code, facts, found in rows}

    def _facts_read(self) -> dict[tuple[date, str], ReadingFile]:
        return {key: each for key, each in self._inputs.readings.items() if each.kind == "facts"}

    def _is_known(self, release: date, dataset: str) -> bool:
        key = (release, dataset)
        return key in self._inputs.newest or key in self._inputs.tables or key in self._facts_read()

    def _newest(self, release: date, dataset: str) -> date | None:
        read = self._inputs.readings.get((release, dataset))
        return read.newest if read else self._inputs.shipped.newest.get((release, dataset))

    def _known_reasons(self, release: date, dataset: str) -> set[tuple[str, bool, str]]:
        read = self._inputs.readings.get((release, dataset))
        return read.reasons if read else set()

    def _release_before(self, dataset: str) -> date | None:
        known = {*self._inputs.newest, *self._inputs.tables, *self._facts_read()}
        return max((day for day, each in known if each == dataset and day < self._release), default=None)

    # --- what a person is told ----------------------------------------------------------------------------------------

    def reports(self, after: State) -> tuple[DatasetReport, ...]:
        """Return what was done with each dataset, once the ledger is derived."""
        return tuple(self._report(each, after) for each in self._reading.datasets)

    def _report(self, reading: DatasetReading, after: State) -> DatasetReport:
        result = self._result(reading, after)
        day = reading.newest_reference_date
        figures = f"{reading.figures:,} figures" + (f" up to {day}" if day else "")
        texts: dict[DatasetResult, str] = {
            "taken in": f"{figures}, added",
            "held back": f"{figures}, of which some or all are held back",
            "unchanged": f"{figures}, which the ledger has already",
            "as before": f"{figures}, the same as in release {self._release_before(reading.dataset)}",
            "refused": (
                f"the ledger has release {self._release} with other content, and a release that is current does not "
                "change. The new content was left out; fetch it as the release of another day"
            ),
            "stopped": (reading.stopped or "it holds no figure").rstrip("."),
        }
        sentence = f"{reading.dataset}: {texts[result].removeprefix(f'{reading.dataset}: ')}."
        aside = reading.in_quarantine(self._release)
        return DatasetReport(reading.dataset, result, sentence, day, reading.why, reading.figures, aside)

    def _result(self, reading: DatasetReading, after: State) -> DatasetResult:
        novelty = self._novelty[reading.dataset]
        if reading.stopped or novelty == "unreadable":
            return "unchanged" if novelty in ("unchanged", "as before") else "stopped"
        if novelty == "refused" or novelty == "unchanged":
            return novelty
        if novelty == "as before" and reading not in self.wanted:
            return novelty
        codes = self._inputs.indicators(reading.dataset) or [reading.dataset]
        is_held = any((self._release, code) in after.held for code in codes)
        return "held back" if is_held else "as before" if novelty == "as before" else "taken in"


def _newest_of(reading: DatasetReading) -> date | None:
    """Return the newest reference date of a dataset that has indicators; tables are not known by one."""
    return reading.newest_reference_date if reading.facts else None


def _reasons(reading: DatasetReading) -> set[tuple[str, bool, str]]:
    held = {(hold.indicator, False, hold.rule) for hold in reading.holds}
    return held | ({(reading.dataset, True, reading.stopped_by or "stopped")} if reading.stopped else set())
