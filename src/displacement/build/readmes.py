"""A README beside each CSV: what a row is, its columns and units, how it can be misused, whose it is."""

from __future__ import annotations

from pathlib import Path

from displacement.build.manifest import Identity
from displacement.build.markdown import code, table
from displacement.catalogue import Catalogue, Column, Publisher, Table, load_catalogue
from displacement.catalogue.words import meaning, unit_and_kind
from displacement.storage.files import write_text

FORM = """One header row, then a row a line; UTF-8 without a byte-order mark, commas, dates as 2025-12-31, a point in
decimals, nothing where a value is absent. Absent is not zero. A double click in a spreadsheet may misread it: import it
(in Excel: Data, From Text/CSV; file origin 65001 UTF-8, delimiter comma, codes as text)."""

PACKED = """

The file is packed with gzip. Pandas, polars, R and DuckDB read it as it is; for a spreadsheet unpack it first
(`gunzip`, 7-Zip or a double click)."""


def write(directory: Path, identity: Identity) -> list[Path]:
    """Write `<table>.README.md` of each table into a directory; return the files."""
    catalogue = load_catalogue()
    written = []
    for one in catalogue.tables.values():
        path = directory / f"{one.name}.README.md"
        write_text(path, render(catalogue, one, identity))
        written.append(path)
    return written


def render(catalogue: Catalogue, one: Table, identity: Identity) -> str:
    """Return the README of one table."""
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
        f"{identity.newest_release}.{_held(identity)}",
        f"Cite as: {_citation(catalogue, one, identity)}",
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


def _held(identity: Identity) -> str:
    return f" Held back until it is checked, so as before: {identity.held_back}." if identity.held_back else ""


def _citation(catalogue: Catalogue, one: Table, identity: Identity) -> str:
    cited = "; ".join(catalogue.publishers[name].citation for name in one.publishers if name != "displacement")
    own = f"displacement {identity.displacement_version}, table {one.name}, build {identity.build_id}."
    return f"{cited}; release of {identity.newest_release}; {own}" if cited else own
