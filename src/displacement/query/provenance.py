"""Where a figure comes from: its record, the rules its table passed, and what the release gate holds back of it.

The record is the row of the publisher's raw answer where it was fetched, else the embedded file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.errors import DisplacementError
from displacement.ledger import FIGURES, RELEASES
from displacement.ledger.shipped import read_provenance
from displacement.storage import mirror
from displacement.storage.duck import rows, text_list

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings
    from displacement.sources.tracing import RawRow


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """The place of a figure in a publisher's tables: dataset, year and the publisher's own codes of countries."""

    dataset: str
    year: int
    origin: str
    asylum: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A row of a raw answer: the address and checksum of its page, its number on the page from 1, and its values."""

    url: str
    page: str | None
    row: int
    fetched_at: str
    sha256: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A record a figure came from.

    Attributes:
        kind: `raw answer` (rows of the publisher's answer), `embedded` (a file the program ships), or `unknown`.
        says: what it is, in one sentence.
        sha256: checksum of the embedded file.
        rows: the rows of the raw answer, several where the publisher splits a figure.
    """

    kind: str
    says: str
    sha256: str | None = None
    rows: tuple[Raw, ...] = ()


def record_of(settings: Settings, release: date, place: RecordPlace) -> Record:
    """Return the record that a figure first published in a release came from."""
    if release in _embedded_releases(settings):
        return _embedded(settings)
    from displacement.sources.landing import read_records
    from displacement.sources.tracing import find_row

    try:
        mirror.pull_release(settings, release)
        captured = read_records(settings.home / "landing" / release.isoformat()).get(place.dataset)
        mirror.pull_pages(settings, {page.sha256 for page in captured.pages} if captured else set())
        found = find_row(settings.home, release, place.dataset, place.year, place.origin, place.asylum)
    except DisplacementError as error:
        return Record("unknown", str(error))
    if not found:
        return Record("unknown", f"The raw answers of the release of {release} are not in {settings.home}.")
    raw = tuple(_raw(row) for row in found)
    return Record("raw answer", _says(raw), rows=raw)


def _embedded(settings: Settings) -> Record:
    file = read_provenance(settings.data)[FIGURES]
    says = (
        f"{file.title}; producer {file.producer}; compiled on {file.compiled_on}; shipped as {FIGURES} "
        f"(SHA-256 {file.sha256[:12]}…, verified on each build). The raw answers of this release are not kept."
    )
    return Record("embedded", says, file.sha256)


def _raw(row: RawRow) -> Raw:
    page = row.page.parameters.get("page")
    return Raw(row.url, page, row.row, row.page.fetched_at, row.sha256, row.values)


def _says(rows: tuple[Raw, ...]) -> str:
    first = rows[0]
    more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
    page = f"page {first.page}, " if first.page else ""
    values = ", ".join(f"{name} {value}" for name, value in first.values.items())
    return (
        f"{page}row {first.row} of {first.url}, fetched at {first.fetched_at} (SHA-256 {first.sha256[:12]}…){more}: "
        f"{values}"
    )


def _embedded_releases(settings: Settings) -> set[date]:
    lines = (settings.data / RELEASES).read_text(encoding="utf-8").splitlines()[1:]
    return {date.fromisoformat(line.split(",", 1)[0]) for line in lines if line}


# --- checks and what is held back -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that a table was checked by, and whether the table passed."""

    table_name: str
    rule: str
    description: str
    passed: bool


def checks_of(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> tuple[Check, ...]:
    """Return the rules that tables were checked by."""
    found = rows(
        connection,
        f"""
        select table_name, rule, description, passed
        from meta.quality_results
        where table_name in ({text_list(tables)})
        order by table_name, rule
        """,
    )
    return tuple(Check(**row) for row in found)


def holds_of(connection: duckdb.DuckDBPyConnection, indicators: Iterable[str], day: date | None) -> tuple[str, ...]:
    """Return the sentences of what is held back of indicators, or of their datasets, at a reference date or at any."""
    named = text_list(indicators)
    if not named:
        return ()
    found = rows(
        connection,
        f"""
        select distinct release, sentence, reference_dates
        from held_back
        where
            superseded_in is null
            and (indicator in ({named}) or indicator in (select dataset from indicators where indicator in ({named})))
        order by release, sentence
        """,
    )
    return tuple(
        f"release of {row['release']}: {row['sentence']}"
        for row in found
        if day is None or row["reference_dates"] is None or str(day) in row["reference_dates"]
    )
