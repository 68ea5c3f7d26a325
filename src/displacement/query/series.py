"""A measure over time, of the world, of a country or between two: an indicator, or what is made of several.

Values are added from `figures`, so that a sum never holds what the figures do not; the world's total and a country's
part of it, from which an overlap is taken off, are read where they are computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from displacement.catalogue import Column, UsageWarning, load_catalogue
from displacement.errors import WrongUseError
from displacement.query import names
from displacement.storage.duck import rows, text_list

if TYPE_CHECKING:
    import duckdb

PERIODS = ("year-end", "mid-year")
SUMS = ("refugees_and_oip", "displaced_across")
"""Measures that add up indicators."""

TOTALS = {"forcibly_displaced": ("global_totals", "country_totals"), "published_total": ("global_totals",)}
"""Measures that are computed in tables: of the world, of a country."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure counts: the indicators it adds, its unit, whether it is a stock or a flow, what to beware of."""

    measure: str
    indicators: tuple[str, ...]
    unit: str
    kind: str
    publishers: tuple[str, ...]
    warnings: tuple[UsageWarning, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a reference date; `published_in` is the newest release among its parts, None of a computed total."""

    reference_date: date
    value: int
    published_in: date | None = None


def measured(connection: duckdb.DuckDBPyConnection, wanted: str) -> Measured:
    """Return what a measure counts.

    Raises:
        WrongUseError: there is no measure of that name, or several are named.
    """
    if any(sign in wanted for sign in "+,&"):
        raise WrongUseError(
            f"Ask for one measure: {wanted} would add what may count the same people twice, or persons and cases. "
            f"Measures that add up: {', '.join((*SUMS, *TOTALS))}."
        )
    catalogue = load_catalogue()
    units = {str(row["indicator"]): row for row in rows(connection, "select indicator, unit, kind from indicators")}
    measure = names.one_of("measure", wanted, [*units, *SUMS, *TOTALS], where="the table indicators lists most")
    if measure in units:
        indicator = catalogue.indicators[measure]
        of_it = units[measure]
        publisher = (catalogue.publishers[indicator.publisher].name,)
        return Measured(measure, (measure,), of_it["unit"], of_it["kind"], publisher, catalogue.warnings_of(indicator))
    column = _column(measure)
    publishers = dict.fromkeys(catalogue.publishers[catalogue.indicators[one].publisher].name for one in column.made_of)
    return Measured(
        measure, column.made_of, "persons", "stock", tuple(publishers) or ("UNHCR",), catalogue.warnings_of(column)
    )


def series(
    connection: duckdb.DuckDBPyConnection,
    measure: Measured,
    origin: str | None = None,
    asylum: str | None = None,
    period: str = "year-end",
) -> list[Point]:
    """Return the values of a measure, oldest first; a date without a figure is not there.

    Args:
        connection: to the published file, or to its tables as of a release.
        measure: what is counted.
        origin: the code of a country people come from; any if left out.
        asylum: the code of the country they are in.
        period: year-end or mid-year, which are never mixed.

    Raises:
        WrongUseError: the period is neither, or the measure is not counted between two countries.
    """
    if period not in PERIODS:
        raise WrongUseError(f"{period} is not a period. Ask for year-end or for mid-year: the two are never mixed.")
    if measure.measure in TOTALS:
        return _total(connection, measure.measure, origin, asylum, period)
    places = [f"{side} = '{code}'" for side, code in (("origin", origin), ("asylum", asylum)) if code]
    where = " and ".join([f"indicator in ({text_list(measure.indicators)})", f"period = '{period}'", *places])
    found = rows(
        connection,
        f"""
        select reference_date, cast(sum(value) as bigint) as value, max(published_in) as published_in
        from figures where {where}
        group by reference_date order by reference_date
        """,
    )
    return [Point(**row) for row in found]


def _total(
    connection: duckdb.DuckDBPyConnection, measure: str, origin: str | None, asylum: str | None, period: str
) -> list[Point]:
    of_world, *of_country = TOTALS[measure]
    if (origin and asylum) or ((origin or asylum) and not of_country):
        raise WrongUseError(
            f"{measure} is {'a total of the world or of a country' if of_country else 'of the world only'}; "
            "between two countries ask for displaced_across."
        )
    role = "origin" if origin else "asylum"
    table = of_country[0] if origin or asylum else of_world
    where = f"and country = '{origin or asylum}' and role = '{role}'" if origin or asylum else ""
    found = rows(
        connection,
        f"""
        select reference_date, {measure} as value
        from {table} where {measure} is not null and period = '{period}' {where}
        order by reference_date
        """,
    )
    return [Point(**row) for row in found]


def _column(measure: str) -> Column:
    """Return the description of a measure that is no indicator, from the table of the world or of countries."""
    tables = load_catalogue().tables
    columns: list[Column] = [*tables["global_totals"].columns, *tables["country_totals"].columns]
    return next(column for column in columns if column.name == measure)
