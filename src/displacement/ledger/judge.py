"""Which indicators and tables of which releases are held back: each compared with the last accepted release before it.

A function of what the releases contain and what was decided, never of the order in which they arrived: when an older
release is added, those after it are judged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from displacement.ledger import tables
from displacement.ledger.gate import Edition, Finding, judge_release, stopped
from displacement.ledger.inputs import Inputs
from displacement.ledger.readings import KEY
from displacement.ledger.spans import covers, current_before, current_in
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb

NO_FACTS = "select ''::varchar as indicator, date '1-1-1' as reference_date, '' as origin, '' as asylum"
NO_ROWS = "select '' as dataset, null::date as reference_date, 0::bigint as rows where false"


def held_of(findings: Iterable[Finding]) -> set[tuple[date, str]]:
    """Return release and code of what findings hold back."""
    return {(each.release, each.indicator) for each in findings if each.severity == "blocking"}


def judge(connection: duckdb.DuckDBPyConnection, inputs: Inputs, since: date, known: list[Finding]) -> list[Finding]:
    """Return the findings about all releases: blocking ones and warnings.

    Args:
        connection: holds `base` and `shipped`, see `spans`.
        inputs: what the ledger is derived from.
        since: the release from which on something may be different.
        known: the findings about the releases before it, which are as they were.
    """
    findings, held = list(known), held_of(known)
    accepted: dict[str, Edition] = {}
    to_judge = [release for (release, _), each in inputs.readings.items() if each.kind == "facts"]
    last = max(to_judge, default=date.min)
    connection.execute(
        f"create or replace temp view before_facts as select {KEY}, value from base where {current_before(since)}"
    )
    for number, release in enumerate(inputs.releases()):
        editions = inputs.editions(release)
        if release >= since:
            _provide(connection, inputs, release)
            found = _judge_one(connection, inputs, release, editions, accepted)
            findings += found
            held |= held_of(found)
        current = {code: edition for code, edition in editions.items() if (release, code) not in held}
        if since <= release < last:
            _go_on(connection, number, {code: each.newest for code, each in current.items() if each.newest})
        accepted |= current
    return findings


def _judge_one(
    connection: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    release: date,
    editions: Mapping[str, Edition],
    accepted: Mapping[str, Edition],
) -> list[Finding]:
    judged = {code: each for code, each in editions.items() if not inputs.is_shipped(release, code)}
    if not judged:
        return []
    before = {code: accepted[code] for code in judged if code in accepted}
    _provide_tables(connection, inputs, judged, before)
    subjects = {code: inputs.subject(code) for code in judged}
    found = _stops(inputs, release, judged) + judge_release(connection, subjects, judged, before)
    blocking = {each.indicator for each in found if each.severity == "blocking"}
    blocking = {code for code in blocking if not inputs.is_accepted(release, code)}
    # What is held back needs no warning; what a person accepted is held back by no rule.
    return [each for each in found if (each.severity == "blocking") == (each.indicator in blocking)]


def _stops(inputs: Inputs, release: date, judged: Mapping[str, Edition]) -> list[Finding]:
    """Return what intake holds back: indicators, and tables as a whole."""
    found = []
    for (each, dataset), reading in inputs.readings.items():
        if each != release:
            continue
        reasons = [(hold.indicator, hold.rule, hold.sentence) for hold in reading.holds]
        if reading.stopped and not inputs.indicators(dataset):
            reasons.append((dataset, reading.stopped_by or "stopped", reading.stopped))
        found += [
            stopped(inputs.subject(code), release, rule, sentence, accepted_as=code)
            for code, rule, sentence in reasons
            if code in judged
        ]
    return found


def _provide(connection: duckdb.DuckDBPyConnection, inputs: Inputs, release: date) -> None:
    """Make the views of what a release contains: `now_facts` and `unknown_facts`."""
    parts = [
        f"select {KEY}, value from ({reading.select})"
        for (each, _), reading in inputs.readings.items()
        if each == release and reading.kind == "facts" and not inputs.is_stopped(reading)
    ]
    shipped = {
        code: edition.newest
        for code, edition in inputs.editions(release).items()
        if inputs.is_shipped(release, code) and edition.newest
    }
    if shipped:
        parts.append(
            f"select {KEY}, value from shipped semi join {_values(shipped)} on edition.indicator = shipped.indicator "
            f"and {covers('edition.newest')} where {current_in(release)}"
        )
    facts = " union all ".join(parts) or f"{NO_FACTS}, 0::bigint as value where false"
    connection.execute(f"create or replace temp view now_facts as from ({facts}) where value is not null")
    connection.execute(f"create or replace temp view unknown_facts as select {KEY} from ({facts}) where value is null")


def _provide_tables(
    connection: duckdb.DuckDBPyConnection, inputs: Inputs, now: Mapping[str, Edition], before: Mapping[str, Edition]
) -> None:
    """Make the views of the rows of tables without indicators: `now_rows` and `before_rows`."""
    for name, editions in (("now_rows", now), ("before_rows", before)):
        selects = [
            tables.rows_by_date(connection, code, inputs.tables[edition.release, code])
            for code, edition in editions.items()
            if edition.newest is None and (edition.release, code) in inputs.tables
        ]
        connection.execute(f"create or replace temp view {name} as {' union all '.join(selects) or NO_ROWS}")


def _go_on(connection: duckdb.DuckDBPyConnection, number: int, current: Mapping[str, date]) -> None:
    """Let `before_facts` be the figures as of the release just judged: those it covers are its own."""
    if not current:
        return
    own = f"{_values(current)} on edition.indicator = facts.indicator and {covers('edition.newest')}"
    connection.execute(
        f"""
        create temp table figures_{number} as
        select {KEY}, value from now_facts as facts semi join {own}
        union all
        select {KEY}, value from before_facts as facts anti join {own}
        union all
        select {KEY}, value from before_facts as facts semi join {own} semi join unknown_facts using ({KEY})
        """
    )
    connection.execute(f"create or replace temp view before_facts as select {KEY}, value from figures_{number}")
    for (earlier,) in connection.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'figures_') "
        f"and table_name <> 'figures_{number}'"
    ).fetchall():
        connection.execute(f"drop table {earlier}")


def _values(newest: Mapping[str, date]) -> str:
    rows = ", ".join(f"('{sql_text(code)}', date '{day}')" for code, day in newest.items())
    return f"(values {rows}) as edition(indicator, newest)"
