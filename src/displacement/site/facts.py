"""What the pages show, read from the finished DuckDB file: each table once, whatever the number of pages and languages.

Only reading and arranging belong here; each page has a module of its own for the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from displacement.query.held_back import Held, held_now

if TYPE_CHECKING:
    import duckdb

QUERIES = Path(__file__).resolve().parent / "queries"

Row = Mapping[str, Any]
"""A row of a query, by column name."""

WORLD = "WLD"
"""Used in place of a country's code for what is true of the world."""

STACKED = ("refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps")
"""The population types that make up the forcibly displaced, in the order in which they are stacked."""
ACROSS = ("refugees", "asylum_seekers", "oip")
OTHERS = ("idps", "stateless", "ooc", "hst")
STOCKS = (*STACKED, *OTHERS)
SOLUTIONS = ("returned_refugees", "resettlement", "naturalisation", "returned_idps")


class ReleasedValue(NamedTuple):
    """A value a total took with a release; zero is a total that a release no longer contains."""

    release: dt.date
    value: int


class Total(NamedTuple):
    """What identifies a total: indicator, role (origin, asylum or world), country and reference date."""

    indicator: str
    role: str
    country: str
    reference_date: dt.date


@dataclass(frozen=True)
class Facts:
    """The tables the pages are made from, arranged by what asks for them."""

    build: Row
    countries: dict[str, Row]
    world: list[Row]
    headlines: list[Row]
    claims: list[Row]
    forecasts: list[Row]
    projections: list[Row]
    projection_scores: list[Row]
    releases: list[Row]
    touched: list[Row]
    indicators: dict[str, Row]
    by_country: dict[tuple[str, str], list[Row]]
    corridors: list[Row]
    quality: list[Row]
    ages: dict[str, list[Row]]
    hosting: dict[str, Row]
    oddities: dict[str, list[Row]]
    notes: dict[str, list[Row]]
    partial: dict[str, list[Row]]
    aliases: dict[str, list[str]]
    history: dict[Total, list[ReleasedValue]]
    records: dict[Total, int]
    held: tuple[Held, ...]

    @cached_property
    def newest(self) -> dt.date:
        """The newest year-end with figures by country."""
        newest: dt.date = max(
            row["reference_date"]
            for rows in self.by_country.values()
            for row in rows
            if row["period"] == "year-end" and row["displaced_across"] is not None
        )
        return newest

    @cached_property
    def places(self) -> list[str]:
        """The codes that have a page: every country, territory and place that has figures, and those that may come."""
        return [code for code, row in self.countries.items() if row["kind"] not in ("unknown", "stateless")]

    @cached_property
    def totals_of(self) -> dict[str, list[Total]]:
        """The totals of each country."""
        found: dict[str, list[Total]] = defaultdict(list)
        for total in self.history:
            found[total.country].append(total)
        return found

    @cached_property
    def destinations(self) -> dict[str, list[Row]]:
        """The corridors out of each country, the largest first."""
        return self._corridors_by("origin")

    @cached_property
    def origins(self) -> dict[str, list[Row]]:
        """The corridors into each country, the largest first."""
        return self._corridors_by("asylum")

    @cached_property
    def revised(self) -> dict[dt.date, Row]:
        """How many values each release but the first brought, and how many it ended, of all the world."""
        first = min(row["release"] for row in self.releases)
        return {
            row["release"]: {"arrived": row["arrived"] + row["changed"], "gone": row["changed"] + row["withdrawn"]}
            for row in self.touched
            if row["place"] == WORLD and row["release"] > first
        }

    @cached_property
    def projected(self) -> dict[str, Row]:
        """The projection for each origin and the world at the last year-end that has one."""
        return {str(row["country"]): row for row in self.projections if row["measure"] == "forcibly_displaced"}

    def _corridors_by(self, column: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.corridors:
            found[str(row[column])].append(row)
        return found

    def names(self, code: str) -> dict[str, str]:
        """Return the names of countries in one language, on one line whatever the table holds."""
        column = "name" if code == "en" else f"name_{code}"
        return {iso3: " ".join(str(row[column] or row["name"]).split()) for iso3, row in self.countries.items()}


def read_facts(connection: duckdb.DuckDBPyConnection) -> Facts:
    """Read what the pages show from a finished build."""
    by_country: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(connection, "country_totals"):
        by_country[str(row["country"]), str(row["role"])].append(row)
    history: dict[Total, list[ReleasedValue]] = defaultdict(list)
    for row in read(connection, "totals_history"):
        history[_total(row)].append(ReleasedValue(row["release"], row["value"]))
    ages: dict[str, list[Row]] = defaultdict(list)
    for row in read(connection, "demographics"):
        ages[str(row["country"])].append(row)
    aliases: dict[str, list[str]] = defaultdict(list)
    for row in read(connection, "aliases"):
        aliases[str(row["country"])].append(str(row["alias"]))
    [build] = read(connection, "build")
    return Facts(
        build=build,
        countries={str(row["iso3"]): row for row in read(connection, "countries")},
        world=read(connection, "world"),
        headlines=read(connection, "headlines"),
        claims=read(connection, "claims"),
        forecasts=read(connection, "forecasts"),
        projections=read(connection, "projections"),
        projection_scores=read(connection, "projection_scores"),
        releases=read(connection, "releases"),
        touched=read(connection, "touched"),
        indicators={str(row["indicator"]): row for row in read(connection, "indicators")},
        by_country=by_country,
        quality=read(connection, "quality"),
        ages=ages,
        oddities=_by_place(read(connection, "anomalies")),
        notes=_by_place(read(connection, "figure_notes")),
        partial=_by_place(read(connection, "partial_years")),
        aliases=aliases,
        hosting={str(row["asylum"]): row for row in read(connection, "hosting")},
        corridors=read(connection, "corridors"),
        history=history,
        records={_total(row): row["records"] for row in read(connection, "records")},
        held=held_now(connection),
    )


def _by_place(rows: list[Row]) -> dict[str, list[Row]]:
    """Return rows by each place they name, as origin or as asylum."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for code in {str(row[side]) for side in ("origin", "asylum") if row[side] is not None}:
            found[code].append(row)
    return found


def read(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    """Return the rows of a query of `queries/`."""
    answer = connection.execute((QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def _total(row: Row) -> Total:
    return Total(str(row["indicator"]), str(row["role"]), str(row["country"]), row["reference_date"])


def year_ends(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of year-ends."""
    return [row for row in rows if row["period"] == "year-end"]
