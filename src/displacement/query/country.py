"""One country in the published file, at the newest year-end and over the years before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from displacement.query import names
from displacement.query.held_back import Held, held_now
from displacement.query.revisions import revised
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

FROM_HERE = (
    "refugees",
    "unrwa_refugees",
    "asylum_seekers",
    "oip",
    "refugees_and_oip",
    "displaced_across",
    "idmc_idps",
    "overlap",
    "forcibly_displaced",
    "stateless",
)
HOSTED_HERE = (
    "refugees",
    "unrwa_refugees",
    "asylum_seekers",
    "oip",
    "refugees_and_oip",
    "displaced_across",
    "stateless",
    "hst",
)
"""Population types shown as origin and as asylum; people displaced inside the country once, as origin."""

TREND_YEARS = 16
CORRIDORS = 5


@dataclass(frozen=True, slots=True)
class Stock:
    """A population type of the country: its newest value, and those of the year-ends shown; None is no figure."""

    measure: str
    value: int | None
    change: int | None
    rank: int | None
    share_of_world: float | None
    trend: dict[int, int | None]


@dataclass(frozen=True, slots=True)
class Profile:
    """A country; a section without figures is empty.

    Attributes:
        held: what is held back; its former figures are told.
        as_of: the release asked of, or None for the newest.
        origin: people from the country, by population type; `asylum` people whom it hosts.
        gone_to: the largest corridors from it; `come_from` those to it.
        hosting: people hosted per inhabitant and in relation to the economy: a row of `hosting`.
        solutions: flows of the newest year that has any: returned to, resettled from, naturalised elsewhere, and here.
        changes: how its refugees changed in the newest year, by role: rows of `yearly_change`.
        partial: the years of which flows in the country cover a part only, the newest first.
        revisions: what releases revised: how many figures, and the largest.
        oddities: what rules find odd in its figures, the newest first, then by how much it matters.
    """

    country: str
    name: str
    region: str | None
    subregion: str | None
    reference_date: date
    newest_release: date
    held: tuple[Held, ...]
    as_of: str | None
    origin: tuple[Stock, ...]
    asylum: tuple[Stock, ...]
    gone_to: tuple[dict[str, Any], ...]
    come_from: tuple[dict[str, Any], ...]
    hosting: dict[str, Any]
    solutions: dict[str, Any]
    changes: tuple[dict[str, Any], ...]
    partial: tuple[dict[str, Any], ...]
    revisions: dict[str, Any]
    oddities: tuple[dict[str, Any], ...]


def profile(connection: duckdb.DuckDBPyConnection, wanted: str, as_of: str | None = None) -> Profile:
    """Return the profile of a country.

    Raises:
        WrongUseError: there is no such country; the nearest is named.
    """
    code = names.country(connection, wanted)
    [about] = rows(connection, f"select name, unhcr_region, subregion from countries where iso3 = '{code}'")
    [newest] = rows(connection, "select max(reference_date) as day from global_totals where period = 'year-end'")
    [release] = rows(connection, "select max(published_in) as day from figures")
    day = newest["day"]
    return Profile(
        country=code,
        name=about["name"],
        region=about["unhcr_region"],
        subregion=about["subregion"],
        reference_date=day,
        newest_release=release["day"],
        held=held_now(connection),
        as_of=as_of,
        origin=_stocks(connection, code, "origin", FROM_HERE, day),
        asylum=_stocks(connection, code, "asylum", HOSTED_HERE, day),
        gone_to=_corridors(connection, code, "origin", "asylum", day),
        come_from=_corridors(connection, code, "asylum", "origin", day),
        hosting=_hosting(connection, code, day),
        solutions=_solutions(connection, code),
        changes=tuple(rows(connection, _CHANGES.format(code=code, year=day.year))),
        partial=tuple(rows(connection, _PARTIAL.format(code=code))),
        revisions=_revisions(connection, code),
        oddities=_oddities(connection, code, day),
    )


# --- stocks -----------------------------------------------------------------------------------------------------------


def _stocks(
    connection: duckdb.DuckDBPyConnection, code: str, role: str, measures: tuple[str, ...], day: date
) -> tuple[Stock, ...]:
    """Return the population types of a role that have a figure in the years shown."""
    years = range(day.year - TREND_YEARS + 1, day.year + 1)
    found = rows(
        connection,
        f"""
        select year, {", ".join(measures)}
        from country_totals
        where country = '{code}' and role = '{role}' and period = 'year-end' and year between {years[0]} and {years[-1]}
        """,
    )
    by_year = {row["year"]: row for row in found}
    ranked = rows(
        connection,
        f"""
        select measure, rank, share_of_world
        from rankings
        where country = '{code}' and role = '{role}' and reference_date = '{day}'
        """,
    )
    places = {row["measure"]: row for row in ranked}
    stocks = (_stock(measure, {year: by_year.get(year, {}) for year in years}, places) for measure in measures)
    return tuple(stock for stock in stocks if any(stock.trend.values()))


def _stock(measure: str, years: Mapping[int, Mapping[str, Any]], places: Mapping[str, Mapping[str, Any]]) -> Stock:
    trend = {year: row.get(measure) for year, row in years.items()}
    *_, before, value = trend.values()
    place = places.get(measure, {})
    change = None if value is None or before is None else value - before
    return Stock(measure, value, change, place.get("rank"), place.get("share_of_world"), trend)


# --- ways, hosting, solutions -----------------------------------------------------------------------------------------


def _corridors(
    connection: duckdb.DuckDBPyConnection, code: str, side: str, other: str, day: date
) -> tuple[dict[str, Any], ...]:
    found = rows(
        connection,
        f"""
        select corridors.{other} as country, countries.name, corridors.displaced_across
        from corridors
        inner join countries on corridors.{other} = countries.iso3
        where corridors.{side} = '{code}' and corridors.reference_date = '{day}'
        order by corridors.displaced_across desc, country
        limit {CORRIDORS}
        """,
    )
    return tuple(found)


def _hosting(connection: duckdb.DuckDBPyConnection, code: str, day: date) -> dict[str, Any]:
    found = rows(connection, f"from hosting where asylum = '{code}' and reference_date = '{day}'")
    return found[0] if found else {}


def _solutions(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, Any]:
    """Return the flows of the newest year that has any, of people from the country and of people in it."""
    sums = ", ".join(
        f"cast(sum({flow}) filter ({role} = '{code}') as bigint) as {name}"
        for name, (flow, role) in {
            "returned_to": ("returned_refugees", "origin"),
            "returned_from": ("returned_refugees", "asylum"),
            "resettled_from": ("resettlement", "origin"),
            "resettled_to": ("resettlement", "asylum"),
            "naturalised_elsewhere": ("naturalisation", "origin"),
            "naturalised_here": ("naturalisation", "asylum"),
            "returned_idps": ("returned_idps", "origin"),
        }.items()
    )
    found = rows(
        connection,
        f"""
        select year, {sums}
        from solutions
        where origin = '{code}' or asylum = '{code}'
        group by year order by year desc
        limit 1
        """,
    )
    return found[0] if found else {}


_CHANGES = "from yearly_change where country = '{code}' and year = {year} order by role desc"

_PARTIAL = """
select year, covers_to, string_agg(cast(indicator as varchar), ', ' order by indicator) as indicators
from partial_years where asylum = '{code}' group by year, covers_to order by year desc
"""


# --- what to know -----------------------------------------------------------------------------------------------------


def _revisions(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, Any]:
    found = revised(connection, country=code, limit=1)
    largest = found.largest[0] if found.largest else None
    return {"figures": found.figures, "releases": len(found.releases), "largest": largest}


def _oddities(connection: duckdb.DuckDBPyConnection, code: str, day: date) -> tuple[dict[str, Any], ...]:
    """Return what rules find odd in figures of the country, the newest first, then by how much it matters.

    A break in the count of a country of asylum is one of the origins it hosts, too: when the origin of people in the
    United States became unknown, those from Cuba fell.
    """
    found = rows(
        connection,
        f"""
        select reference_date, rule, weight, indicator, origin, asylum, reason
        from anomalies
        where
            origin = '{code}'
            or asylum = '{code}'
            or (
                rule = 'break_in_series'
                and reference_date = '{day}'
                and indicator in ('refugees', 'asylum_seekers', 'oip')
                and asylum in (
                    select asylum
                    from corridors
                    where origin = '{code}' and rank_in_origin <= 3 and reference_date = '{day}'
                )
            )
        order by reference_date desc, rank
        """,
    )
    return tuple(found)
