"""Reading a captured release: each table by its layout, checked by its expectations, to facts for the ledger.

The order of the steps belongs here. How rows are typed, rules evaluated, findings judged, dates found and facts summed
is said in the modules beside this one. A dataset that stops never stops another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.intake import facts
from displacement.intake.findings import Findings, Stop, examine, first_rule_and_sentences, holds
from displacement.intake.model import DatasetReading, Reading, files_of, store
from displacement.intake.reference_dates import (
    Dated,
    always_ended,
    dated_by_release,
    following,
    given,
    unless_still_mid_year,
    without_mid_year,
)
from displacement.intake.rows import columns_of, make_rows
from displacement.quality.results import Result
from displacement.settings import Settings
from displacement.sources.layouts import Dataset, Layout, layout_of, read_datasets, refusal
from displacement.sources.release import Capture, CapturedTable
from displacement.storage.duck import quiet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COUNTRIES = "countries.csv"
UNDECIDED = "reference_date"
"""The name of the rule that somebody can tell which date the newest year describes."""


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What has to be known before a release is read.

    Attributes:
        settings: where quarantine, intake and the reviewed tables are.
        earlier: files of figures with the spans of releases in which they were current; a newest year is compared with
            the mid-years among them, as they were when the release came.
        newest: the newest reference date of a dataset where a person gives it instead of the rule.
    """

    settings: Settings
    earlier: tuple[Path, ...] = ()
    newest: Mapping[str, date] = field(default_factory=dict)

    def directory(self, release: date) -> Path:
        """Return where what is read of a release is kept."""
        return self.settings.home / "intake" / release.isoformat()


def read_release(capture: Capture, context: ReadingContext) -> Reading:
    """Read every dataset of a capture, and keep the results under `home/intake/<release>/`.

    Raises:
        DisplacementError: what was read cannot be written.
    """
    done: dict[str, DatasetReading] = {}
    for name in _in_order(capture):
        leader = read_datasets()[name].follows
        done[name] = read_dataset(capture, name, context, done.get(leader) if leader else None)
    return Reading(capture.release, capture.door, tuple(done[name] for name in sorted(done)))


def read_dataset(
    capture: Capture, name: str, context: ReadingContext, leader: DatasetReading | None = None
) -> DatasetReading:
    """Read one dataset of a capture, and keep the result.

    Args:
        capture: holds the table.
        name: the dataset.
        context: what has to be known before.
        leader: the reading of the dataset it follows (`datasets.toml`), where that is in the capture too.

    Raises:
        DisplacementError: what was read cannot be written.
        KeyError: the capture does not hold the dataset.
    """
    captured = capture.table(name)
    if captured is None:
        raise KeyError(name)
    reading = _read(capture, captured, context, leader)
    store(reading, context.directory(capture.release))
    return reading


def _in_order(capture: Capture) -> list[str]:
    """Return the datasets of a capture, those that follow another after it."""
    known = read_datasets()
    return sorted((table.dataset for table in capture.tables), key=lambda name: (known[name].follows is not None, name))


def _read(
    capture: Capture, captured: CapturedTable, context: ReadingContext, leader: DatasetReading | None
) -> DatasetReading:
    import duckdb

    dataset = read_datasets()[captured.dataset]
    if captured.stopped is not None or captured.path is None:
        return _refused(captured, "captured_whole", captured.stopped or f"There is no table of {dataset.name}.")
    with quiet(duckdb.connect()) as connection:
        try:
            columns = columns_of(connection, captured.path)
            layout = layout_of(dataset.name, capture.door, columns)
            if layout is None:
                return _refused(captured, "layout", refusal(dataset.name, capture.door, columns))
            make_rows(connection, captured.path, dataset, layout, capture.release, context.settings.data / COUNTRIES)
        except duckdb.Error as error:
            return _refused(captured, "readable", _unreadable(captured, error))
        found = examine(connection, captured.path, capture.release, dataset, context.settings)
        if not dataset.has_years:
            return _of_list(connection, layout, found, capture.release, context)
        facts.make_said(connection, dataset, context.settings.sql)
        dated = _dated(connection, capture.release, dataset, context, leader)
        return _of_dataset(connection, dataset, found, dated, capture.release, context)


def _refused(captured: CapturedTable, rule: str, sentence: str) -> DatasetReading:
    """Return the reading of a table that was not looked into."""
    name, rows = captured.dataset, captured.rows
    result = Result(name, rule, "expectation", sentence, "error", passed=False, rows_checked=rows, rows_failed=0)
    return DatasetReading(name, None, "", rows, results=(result,), stopped=sentence, stopped_by=rule)


def _unreadable(captured: CapturedTable, error: Exception) -> str:
    reason = " ".join(str(error).split("\nLINE ")[0].split())
    return f"The table {captured.dataset} cannot be read ({reason}). Get it again."


# --- dates ------------------------------------------------------------------------------------------------------------


def _dated(
    connection: DuckDBPyConnection,
    release: date,
    dataset: Dataset,
    context: ReadingContext,
    leader: DatasetReading | None,
) -> Dated | None:
    """Return what the newest year of the table describes; None where it has no value."""
    year = facts.newest_year(connection)
    if year is None:
        return None
    dated = given(dataset.name, year, context.newest)
    if dated is None and dataset.mid_year == "never":
        return always_ended(dataset.name, year)
    if dated is None:
        dated = dated_by_release(year, release)
        if dataset.mid_year == "kept":
            dated = unless_still_mid_year(dated, facts.likeness(connection, year, release, context.earlier))
        elif leader is not None and leader.newest_reference_date is not None:
            undecided = leader.stopped_by == UNDECIDED
            dated = following(dated, leader.dataset, leader.newest_reference_date, undecided=undecided)
    return without_mid_year(dated) if dataset.mid_year == "dropped" else dated


# --- the result -------------------------------------------------------------------------------------------------------


def _of_list(
    connection: DuckDBPyConnection, layout: Layout, found: Findings, release: date, context: ReadingContext
) -> DatasetReading:
    """Keep a list without figures as it came."""
    table = context.directory(release) / files_of(found.dataset)[0]
    facts.write_list(connection, layout.codes, table)
    return DatasetReading(found.dataset, None, "", found.rows, table=table, results=found.results)


def _of_dataset(
    connection: DuckDBPyConnection,
    dataset: Dataset,
    found: Findings,
    dated: Dated | None,
    release: date,
    context: ReadingContext,
) -> DatasetReading:
    """Write the facts of the table, and return its reading."""
    reading = DatasetReading(dataset.name, None, "", found.rows, quarantined=found.quarantined, results=found.results)
    has_indicators = dataset.holds == "indicators"
    if has_indicators:
        sql = context.settings.sql
        people = {rule: facts.people_in(connection, dataset, sql, rule) for rule in found.quarantined}
        reading = replace(reading, people_quarantined=people)
    stops = found.stops("stop") if has_indicators else found.stops("stop", "hold")
    if dated is None:
        stops = stops or [Stop("has_rows", f"{dataset.name} holds no figure at all. Fetch it again.")]
        rule, sentences = first_rule_and_sentences(stops)
        return replace(reading, stopped_by=rule, stopped=sentences)
    if dated.undecided:
        stops.insert(0, Stop(UNDECIDED, f"{dataset.name}: {dated.why}"))
    rule, sentences = first_rule_and_sentences(stops)
    reading = replace(reading, newest_reference_date=dated.newest, why=dated.why, stopped_by=rule, stopped=sentences)
    if dated.undecided:
        return reading  # facts with a date that may be wrong must not be there to be accepted
    path, unknown, also = (context.directory(release) / name for name in files_of(dataset.name))
    if dataset.also:
        facts.write_also(connection, dataset.also, dated, context.settings.sql, also)
        reading = replace(reading, also=also)
    if not has_indicators:
        return replace(reading, table=path, figures=facts.write_people(connection, dated, path))
    return replace(
        reading,
        facts=path,
        figures=facts.write_facts(connection, dated, path),
        unknown=facts.write_unknown(connection, dated, unknown),
        holds=holds(connection, dataset, found, context.settings.sql),
    )
