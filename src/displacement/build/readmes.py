"""A README beside each CSV: what a row is, its columns and units, how it can be misused, whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.build.manifest import Identity
from displacement.build.markdown import code, table
from displacement.build.models import SOURCE_PREFIX, Model, read_models
from displacement.catalogue import Catalogue, Column, Publisher, Table, load_catalogue
from displacement.catalogue.words import meaning, unit_and_kind
from displacement.ledger.derive import releases_of_tables
from displacement.storage.files import write_text

if TYPE_CHECKING:
    from displacement.settings import Settings

FORM = """One header row, then a row a line; UTF-8 without a byte-order mark, commas, dates as 2025-12-31, a point in
decimals, nothing where a value is absent. Absent is not zero. A double click in a spreadsheet may misread it: import it
(in Excel: Data, From Text/CSV; file origin 65001 UTF-8, delimiter comma, codes as text)."""

PACKED = """

The file is packed with gzip. Pandas, polars, R and DuckDB read it as it is; for a spreadsheet unpack it first
(`gunzip`, 7-Zip or a double click)."""


def write(directory: Path, identity: Identity, settings: Settings) -> list[Path]:
    """Write `<table>.README.md` of each table into a directory; return the files."""
    catalogue = load_catalogue()
    releases = releases_of(catalogue, read_models(settings.sql), releases_of_tables(settings.ledger or settings.data))
    written = []
    for one in catalogue.tables.values():
        path = directory / f"{one.name}.README.md"
        write_text(path, render(catalogue, one, identity, releases.get(one.name)))
        written.append(path)
    return written


def releases_of(catalogue: Catalogue, models: Mapping[str, Model], sources: Mapping[str, str]) -> dict[str, str]:
    """Return the release of each table that is kept of one release only; of none that no release brought.

    Args:
        catalogue: which tables are.
        models: each after those it reads.
        sources: the release of each table of the ledger without indicators.
    """
    found: dict[str, str] = {}
    for name, model in models.items():
        read = {each.removeprefix(SOURCE_PREFIX) for each in model.reads}
        releases = [sources[each] for each in read & sources.keys()] + [found[each] for each in read & found.keys()]
        if catalogue.tables[name].only_newest and releases:
            found[name] = max(releases)
    return found


def render(catalogue: Catalogue, one: Table, identity: Identity, release: str | None = None) -> str:
    """Return the README of one table; `release` is that of a table kept of one release only."""
    parts = [
        f"# {one.csv}: {one.title.lower()}",
        f"A row is: {one.row}",
        f"A row is identified by {', '.join(code(name) for name in one.key)}. The same rows are in "
        f"`{one.name}.parquet` and in the table `{one.address}` of `displacement.duckdb`.",
        FORM + (PACKED if one.gzipped else ""),
        "## Columns",
        table(
            ("column", "unit", "what it is", "may be absent"), (_column(catalogue, column) for column in one.columns)
        ),
        *_warnings(catalogue, one),
        "## Source and licence",
        _sources(catalogue, one),
        f"Build {identity.build_id} of displacement {identity.displacement_version}; newest release in it: "
        f"{identity.newest_release}.{_own_release(one, release)}{_held(identity)}",
        f"Cite as: {_citation(catalogue, one, identity, release or identity.newest_release)}",
    ]
    return "\n\n".join(parts) + "\n"


def _column(catalogue: Catalogue, column: Column) -> tuple[str, ...]:
    absent = "yes" if column.nullable else ""
    return code(column.name), unit_and_kind(column), meaning(catalogue, column), absent


def _warnings(catalogue: Catalogue, one: Table) -> list[str]:
    carried: dict[str, list[str]] = {}
    for column in one.columns:
        for warning in column.warnings:
            carried.setdefault(warning, []).append(code(column.name))
    if not carried:
        return []
    lines = (
        f"- **{catalogue.warnings[warning].rule}** ({', '.join(columns)}) {catalogue.warnings[warning].why}"
        for warning, columns in carried.items()
    )
    return ["## Before you use it", "\n".join(lines)]


def _sources(catalogue: Catalogue, one: Table) -> str:
    publishers = (catalogue.publishers[name] for name in one.publishers)
    return "\n".join(f"- {_titled(publisher)}. {publisher.licence_says}" for publisher in publishers)


def _titled(publisher: Publisher) -> str:
    return f"[{publisher.title}]({publisher.path})" if publisher.path else publisher.title


def _own_release(one: Table, release: str | None) -> str:
    if not one.only_newest:
        return ""
    return f" This table is of the release of {release}." if release else " No release with its rows was added yet."


def _held(identity: Identity) -> str:
    return f" Held back until it is checked, so as before: {identity.held_back}." if identity.held_back else ""


def _citation(catalogue: Catalogue, one: Table, identity: Identity, release: str) -> str:
    cited = "; ".join(catalogue.publishers[name].citation for name in one.publishers if name != "displacement")
    own = f"displacement {identity.displacement_version}, table {one.name}, build {identity.build_id}."
    return f"{cited}; release of {release}; {own}" if cited else own
