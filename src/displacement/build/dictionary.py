"""The data dictionary: every table, column, indicator and code, as `docs/dictionary.md` shows them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING

from displacement.build.markdown import code, table
from displacement.catalogue import Catalogue, Column, Table, load_catalogue
from displacement.catalogue.words import meaning, publishers_of, unit_and_kind

if TYPE_CHECKING:
    from displacement.settings import Settings

OPENING = """# Data dictionary

Every table, column, indicator and code of `public/displacement.duckdb` and of the downloads in `public/data/`. Written
by `make docs` from `src/displacement/catalogue`, from which the comments in the file and `public/datapackage.json` come
as well: change it there. How the figures are made is in [methodology.md](methodology.md), questions and their answers
are in [cookbook.md](cookbook.md)."""

SOURCES = """## Publishers and licences

Name the publisher wherever a figure is used. None of them endorses this project."""

WARNINGS = """## Usage warnings

A closed list: the ways in which a right number gives a wrong answer. Columns and indicators carry them by code."""

INDICATORS = """## Indicators

The codes of `figures.indicator`. Before its first year an indicator did not exist, which is not zero."""

TABLES = """## Tables

`?` behind a type: the value may be absent (NULL; nothing in a CSV). HXL
tags are properties here, never a second header row in the data."""

MACROS = """## Macros

Questions asked often, as functions: `select * from trend('UKR', 'origin')`. An unknown country or release is an error
that names those known."""


def render(settings: Settings) -> str:
    """Return the data dictionary as Markdown."""
    catalogue = load_catalogue()
    parts = [
        OPENING,
        _contents(catalogue),
        SOURCES,
        _publishers(catalogue),
        WARNINGS,
        _warnings(catalogue),
        INDICATORS,
        _indicators(catalogue, settings),
        TABLES,
        *(_table(catalogue, one) for one in catalogue.tables.values()),
        MACROS,
        _macros(settings),
    ]
    return "\n\n".join(parts) + "\n"


def _contents(catalogue: Catalogue) -> str:
    return "\n".join(f"- [{name}](#{name}): {one.title.lower()}" for name, one in catalogue.tables.items())


def _publishers(catalogue: Catalogue) -> str:
    rows = (
        (one.name, f"[{one.title}]({one.path})" if one.path else one.title, one.licence_says, one.citation)
        for one in catalogue.publishers.values()
    )
    return table(("publisher", "source", "licence", "cite as"), rows)


def _warnings(catalogue: Catalogue) -> str:
    return table(
        ("code", "what to mind", "why"), ((code(one.code), one.rule, one.why) for one in catalogue.warnings.values())
    )


def _indicators(catalogue: Catalogue, settings: Settings) -> str:
    with (settings.data / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = ("indicator", "name", "kind", "unit", "since", "publisher", "definition", "usage warnings", "HXL")
    return table(names, (_indicator(catalogue, row) for row in rows))


def _indicator(catalogue: Catalogue, row: dict[str, str]) -> tuple[str, ...]:
    described = catalogue.indicators[row["indicator"]]
    publisher = catalogue.publishers[described.publisher].name
    recorded = (row["name"], row["kind"], row["unit"], row["first_year"], publisher, row["definition"])
    return (code(row["indicator"]), *recorded, _codes(described.warnings), code(described.hxl))


def _table(catalogue: Catalogue, one: Table) -> str:
    about = [
        f"### {one.name}",
        f"{one.title}. {one.row}" + (f" In the file: `{one.address}`." if one.schema != "main" else ""),
        f"Key: {', '.join(code(name) for name in one.key)}. Source: {publishers_of(catalogue, one)}.",
        table(
            ("column", "type", "unit", "what it is", "usage warnings", "HXL"),
            (_column(catalogue, column) for column in one.columns),
        ),
    ]
    return "\n\n".join(about)


def _column(catalogue: Catalogue, column: Column) -> tuple[str, ...]:
    return (
        code(column.name),
        f"{column.type} ?" if column.nullable else column.type,
        unit_and_kind(column),
        meaning(catalogue, column) + (f" Codes: `{column.references}`." if column.references else ""),
        _codes(column.warnings),
        code(column.hxl),
    )


def _codes(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def _macros(settings: Settings) -> str:
    from displacement.build.warehouse import described_macros

    rows = ((code(f"{one['macro']}({one['parameters']})"), one["description"]) for one in described_macros(settings))
    return table(("macro", "what it gives"), sorted(rows))
