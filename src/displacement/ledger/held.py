"""The table of what is held back: for each finding the dates it would change, and since when it is superseded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from displacement.ledger.gate import Finding, stopped
from displacement.ledger.inputs import Inputs
from displacement.ledger.judge import held_of
from displacement.ledger.readings import KEY, ReadingFile
from displacement.ledger.records import HeldBack, held_back_of
from displacement.ledger.spans import CHECKSUM, covers
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb


def rows(connection: duckdb.DuckDBPyConnection, inputs: Inputs, findings: list[Finding]) -> list[HeldBack]:
    """Return what is held back, now or until a later release.

    Args:
        connection: holds `figures`, the spans as they are now.
        inputs: what the ledger is derived from.
        findings: what the gate found.
    """
    blocking = [each for each in findings if each.severity == "blocking"]
    held = held_of(blocking)
    whole = inputs.stopped()
    wanted = {(release, code) for release, code in held if code in inputs.subjects}
    wanted |= {(each.release, code) for each in whole for code in inputs.indicators(each.dataset)}
    days = _changing(connection, inputs, wanted)
    blocking += [finding for reading in whole for finding in _stopped(inputs, reading, days)]
    return [
        held_back_of(each, days.get((each.release, each.indicator), ()), _superseded(inputs, each, held))
        for each in blocking
    ]


def _stopped(inputs: Inputs, reading: ReadingFile, days: dict[tuple[date, str], tuple[date, ...]]) -> Iterator[Finding]:
    """Yield a finding for each indicator that a stopped dataset would change; one for the dataset if there is none."""
    codes = inputs.indicators(reading.dataset)
    changing = [code for code in codes if days.get((reading.release, code))]
    accepted_as = reading.dataset if reading.kind == "facts" else None
    rule, sentence = reading.stopped_by or "stopped", reading.stopped or ""
    for code in changing or [reading.dataset]:
        subject = inputs.subject(code)
        finding = stopped(subject, reading.release, rule, sentence, accepted_as=accepted_as)
        yield replace(finding, dataset=reading.dataset, indicator=code)


def _changing(
    connection: duckdb.DuckDBPyConnection, inputs: Inputs, wanted: set[tuple[date, str]]
) -> dict[tuple[date, str], tuple[date, ...]]:
    """Return the dates whose figures of an indicator a release that is held back would change."""
    found: dict[tuple[date, str], tuple[date, ...]] = {}
    for reading in inputs.readings.values():
        codes = [code for code in inputs.indicators(reading.dataset) if (reading.release, code) in wanted]
        if reading.kind != "facts" or not codes:
            continue
        listed = ", ".join(f"'{sql_text(code)}'" for code in codes)
        release, newest = f"date '{reading.release}'", f"date '{reading.newest}'"
        changed = connection.execute(
            f"""
            with contents as (from ({reading.select}) where indicator in ({listed})),
            now as (
                select indicator, reference_date, {CHECKSUM} as checksum
                from figures
                anti join (from contents where value is null) using ({KEY})
                where
                    indicator in ({listed})
                    and published_in <= {release}
                    and (superseded_in is null or superseded_in > {release})
                    and {covers(newest)}
                group by all
            ),
            held as (
                select indicator, reference_date, {CHECKSUM} as checksum
                from contents
                where value is not null
                group by all
            )
            select indicator, list(reference_date order by reference_date)
            from now
            full join held using (indicator, reference_date)
            where now.checksum is distinct from held.checksum
            group by indicator
            """
        ).fetchall()
        found |= {(reading.release, code): tuple(days) for code, days in changed}
    return found


def _superseded(inputs: Inputs, finding: Finding, held: set[tuple[date, str]]) -> date | None:
    """Return the first release after one that is held back in which the same was accepted."""
    code, dataset = finding.indicator, finding.dataset
    if code in inputs.subjects and inputs.subjects[code].dataset == dataset:
        later = [day for day, each in inputs.newest if each == dataset and (day, code) not in held]
    elif inputs.indicators(dataset):
        later = [day for day, each in inputs.newest if each == dataset]
    else:
        later = [day for day, each in inputs.tables if each == dataset and (day, code) not in held]
    return min((day for day in later if day > finding.release), default=None)
