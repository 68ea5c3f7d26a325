"""The server that assistants ask: figures with their unit, date, release, source and warnings, over stdio or HTTP.

Each tool is a question to the published file, answered by the same code as the command line; every answer can be cited.
Nothing is written, and nothing outside the published file can be read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from displacement import api
from displacement.build.static_api import PLACE
from displacement.catalogue import load_catalogue
from displacement.catalogue.words import column_comment, table_comment
from displacement.charts.declarations import DECLARATIONS
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import country as countries
from displacement.query import names, published, revisions, series
from displacement.query.formats import as_json
from displacement.settings import Settings, __version__
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb
    from mcp.server import MCPServer

MOST_ROWS = 200
"""Rows an answer has at most; `more` tells when there were others."""

SECONDS = 20.0
"""How long a question may take."""

ROLES = ("origin", "asylum")
PATH = "/mcp"

INSTRUCTIONS = (
    "Figures on refugees, asylum-seekers and internally displaced people as UNHCR, UNRWA and IDMC published them, by "
    "release. Every answer has its unit, reference date, release, source, warnings and citation: repeat them with the "
    "number. Stocks of different dates are never added, nor persons to cases; mid-year is not year-end, and absent is "
    "not zero. Use find for the codes of places and measures."
)
CITING = (
    "State the number with its unit and reference date, name the publisher and the release it is from, and give the "
    "citation of the answer. Say when a figure is as of an earlier release, when a year is covered in part, and when a "
    "total was recomputed rather than published. Use the publisher's words: refugees, asylum-seekers and internally "
    "displaced people are different groups."
)

Answer = dict[str, Any]


def server() -> MCPServer:
    """Return the server with its tools, resources and prompt.

    Raises:
        DisplacementError: the file cannot be opened.
    """
    from mcp.server import MCPServer

    made = MCPServer("displacement", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (find, figure, ranking, corridor, country, check_claim, explain, forecasts, sql):
        made.add_tool(_refusing(tool))
    made.add_tool(_refusing(over_time), name="series")
    made.add_tool(_refusing(revised), name="revisions")
    made.resource("displacement://dictionary", mime_type="text/markdown")(dictionary)
    made.resource("displacement://charts", mime_type="application/json")(charts)
    made.prompt("how-to-cite")(how_to_cite)
    return made


def _refusing(tool: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return a tool whose errors reach the assistant as the sentence they are."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def answered(*words: Any, **named: Any) -> Answer:
        try:
            plain: Answer = _plain(tool(*words, **named))
        except DisplacementError as error:
            raise ToolError(str(error)) from error
        return plain

    return answered


# --- tools ------------------------------------------------------------------------------------------------------------


def find(text: str) -> Answer:
    """Find the codes of places, measures and charts from words: "Sudan", "asylum", "hosts"."""
    wanted = text.strip().lower()
    with api.connect() as connection:
        places = rows(connection, "select iso3 as code, name from countries order by name")
        indicators = rows(connection, "select indicator as measure, name, unit, definition from indicators")
        found = [one for one in places if wanted in one["name"].lower() or wanted == one["code"].lower()]
        try:
            code = names.country(connection, text)
            found = [one for one in places if one["code"] == code]
        except WrongUseError as error:
            said = str(error) if not found else ""
    return {
        "places": found[:MOST_ROWS],
        "measures": [
            one for one in indicators if wanted in f"{one['measure']} {one['name']} {one['definition']}".lower()
        ],
        "charts": [one.name for one in DECLARATIONS if wanted.replace(" ", "-") in one.name],
        "hint": "" if found else said,
    }


def figure(measure: str, date: str, origin: str = "", asylum: str = "", as_of: str = "") -> Answer:
    """Give one figure: of the world, of people from a country (origin), in one (asylum), or from one in another.

    Args:
        measure: an indicator (refugees), refugees_and_oip, displaced_across, forcibly_displaced or published_total.
        date: the reference date, such as 2025-12-31; 30 June is a mid-year.
        origin: the country people come from, by code or name.
        asylum: the country they are in.
        as_of: a release, by its day: the figure as it was known then.
    """
    day = names.day(date)
    with api.connect(as_of or None) as connection:
        counted, places, points = _series(connection, measure, origin, asylum, _period(day))
        point = next((one for one in points if one.reference_date == day), None)
        if point is None and measure in series.TOTALS and _period(day) == "mid-year":
            raise WrongUseError(
                f"There is no {measure} of {places} at {day}: mid-year releases carry no figure of people displaced "
                "inside their countries. Ask for published_total, or for a year-end."
            )
        if point is None:
            known = [one.reference_date for one in points]
            raise names.unknown(
                "figure", measure, [str(one) for one in reversed(known)], of=f"of {places} at {day}", suggested=""
            )
        return _cited(connection, counted, places, as_of) | {
            "value": point.value,
            "reference_date": day,
            "period": _period(day),
            "published_in": point.published_in,
            "covers": _covers(connection, counted, asylum, day.year),
        }


def over_time(
    measure: str,
    origin: str = "",
    asylum: str = "",
    since: int = 1951,
    until: int = 9999,
    period: str = "year-end",
    as_of: str = "",
) -> Answer:
    """Give a measure over the years, year-ends or mid-years. Dates without a figure are absent, not zero.

    Args:
        measure: as in figure.
        origin: the country people come from, by code or name.
        asylum: the country they are in.
        since: the first year.
        until: the last year.
        period: year-end or mid-year; the two are never mixed.
        as_of: a release, by its day.
    """
    with api.connect(as_of or None) as connection:
        counted, places, points = _series(connection, measure, origin, asylum, period)
        kept = [one for one in points if since <= one.reference_date.year <= until]
        return _cited(connection, counted, places, as_of) | {
            "period": period,
            "values": [{"reference_date": one.reference_date, "value": one.value} for one in kept],
        }


def ranking(
    measure: str = "refugees_and_oip", role: str = "asylum", year: int = 0, n: int = 10, as_of: str = ""
) -> Answer:
    """Rank countries at the end of a year: hosts (role asylum) or origins.

    Args:
        measure: refugees_and_oip (as UNHCR ranks), refugees, displaced_across, asylum_seekers, forcibly_displaced …
        role: asylum or origin.
        year: the newest if left out.
        n: how many, at most 200.
        as_of: a release, by its day.
    """
    with api.connect(as_of or None) as connection:
        measures = [str(one["measure"]) for one in rows(connection, "select distinct measure from rankings order by 1")]
        chosen, side = names.one_of("measure", measure, measures), names.one_of("role", role, ROLES)
        years = [row["year"] for row in rows(connection, "select distinct year(reference_date) as year from rankings")]
        if year and year not in years:
            raise names.unknown("ranking of", year, sorted(years, reverse=True), suggested="")
        found = rows(
            connection,
            f"""
            select rank, country, countries.name, value, share_of_world, reference_date
            from rankings inner join countries on rankings.country = countries.iso3
            where
                measure = '{chosen}' and role = '{side}' and rank <= {max(1, min(n, MOST_ROWS))}
                and reference_date = make_date({year or max(years)}, 12, 31)
            order by rank, country
            """,
        )
        return _cited(connection, series.measured(connection, chosen), f"by {side}", as_of) | {"countries": found}


def corridor(origin: str, asylum: str, as_of: str = "") -> Answer:
    """Give people from one country in another, over all reference dates; mid-years are marked by period."""
    with api.connect(as_of or None) as connection:
        codes = names.country(connection, origin), names.country(connection, asylum)
        found = rows(connection, f"from corridor('{codes[0]}', '{codes[1]}') order by reference_date desc")
        cited = _cited(connection, series.measured(connection, "displaced_across"), " to ".join(codes), as_of)
        return cited | {"measure": "corridor", "rows": found[:MOST_ROWS]}


def country(name: str, as_of: str = "") -> Answer:
    """Give the profile of a country: stocks as origin and host, corridors, flows, revisions, odd figures."""
    with api.connect(as_of or None) as connection:
        found = countries.profile(connection, name, as_of or None)
        return {"profile": dataclasses.asdict(found), **_source(connection, as_of)}


def check_claim(
    text: str, measure: str, value: float, country: str = "", role: str = "", made_on: str = "", tolerance: float = 0.05
) -> Answer:
    """Compare a public claim with what was known when it was made and what is known now.

    Args:
        text: the claim in its own words.
        measure: headline_total, headline_mean_yearly_change_3y, refugees, asylum_seekers, idmc_idps, displaced_across …
        value: the claimed number of people.
        country: whom it is about; the world if left out.
        role: origin (people from the country) or asylum (people in it).
        made_on: the day it was made; today if left out.
        tolerance: how far off it may be and still hold, as a share.
    """
    found = api.claim(
        text, measure=measure, value=value, country=country, role=role, made_on=made_on or None, tolerance=tolerance
    )
    with api.connect() as connection:
        return {**found, **_source(connection, "")}


def explain(indicator: str, origin: str, asylum: str, date: str, as_of: str = "") -> Answer:
    """Say where a figure comes from: every value it had, its releases, record, checks, notes, warnings and citation."""
    found = api.explain(indicator, origin=origin, asylum=asylum, date=date, as_of=as_of or None)
    return {**dataclasses.asdict(found), "citation": found.citation}


def revised(country: str = "", indicator: str = "", since: str = "") -> Answer:
    """Say what releases changed in figures published before: counts by release, and the largest changes."""
    with api.connect() as connection:
        found = revisions.revised(connection, country or None, indicator or None, since or None)
        return {**dataclasses.asdict(found), **_source(connection, "")}


def forecasts(publisher: str = "") -> Answer:
    """Give published forecasts with what followed, and what no change would have given; open ones are still to come.

    Args:
        publisher: words of the name of who made it; all if left out.
    """
    with api.connect() as connection:
        found = rows(connection, "from forecast_scores")
        kept = [one for one in found if publisher.lower() in one["publisher"].lower()]
        if not kept:
            raise names.unknown("forecast of", publisher, sorted({one["publisher"] for one in found}))
        return {"forecasts": kept[:MOST_ROWS], **_source(connection, "")}


def sql(query: str, as_of: str = "") -> Answer:
    """Ask in SQL (DuckDB), read-only. `show tables` lists the tables, `describe global_totals` the columns of one.

    Args:
        query: one SELECT.
        as_of: a release, by its day: tables then have the rows they had in it.
    """
    with api.connect(as_of or None) as connection:
        with published.asked(connection, query, as_of or None, SECONDS) as result:
            columns = [name for name, *_ in result.description]
            found = result.fetchmany(MOST_ROWS + 1)
        cells = [dict(zip(columns, row, strict=False)) for row in found[:MOST_ROWS]]
        more = "There are more rows; only the first are here." if len(found) > MOST_ROWS else ""
        return {"rows": cells, "more": more, **_source(connection, as_of)}


# --- resources and the prompt -----------------------------------------------------------------------------------------


def dictionary() -> str:
    """Return every table and column with what it means, its unit and its warnings."""
    catalogue = load_catalogue()
    parts = []
    for table in catalogue.tables.values():
        columns = [
            f"- `{column.name}` ({column.type}): {column_comment(catalogue, column)}" for column in table.columns
        ]
        parts.append("\n".join([f"## {table.name}", table_comment(catalogue, table), *columns]))
    return "\n\n".join(parts)


def charts() -> str:
    """Return the charts there are; of a published build with their titles and files, as in `api/v1/charts.json`."""
    published_charts = Settings.from_environment().public / PLACE / "charts.json"
    if published_charts.is_file():
        return published_charts.read_text(encoding="utf-8")
    return as_json({"charts": [{"chart": one.name, "tables": list(one.tables)} for one in DECLARATIONS]})


def how_to_cite() -> str:
    """How to repeat a figure so that others can find it."""
    return CITING


# --- what every answer has --------------------------------------------------------------------------------------------


def _series(
    connection: duckdb.DuckDBPyConnection, measure: str, origin: str, asylum: str, period: str
) -> tuple[series.Measured, str, list[series.Point]]:
    """Return what is counted, of whom in words, and the values."""
    counted = series.measured(connection, measure)
    asked = zip(ROLES, (origin, asylum), strict=True)
    codes = {side: names.country(connection, name) if name else None for side, name in asked}
    named = {row["iso3"]: row["name"] for row in rows(connection, "select iso3, name from countries")}
    places = " ".join(
        f"{word} {named[code]}" for word, code in (("from", codes["origin"]), ("in", codes["asylum"])) if code
    )
    return counted, places or "the world", series.series(connection, counted, **codes, period=period)


def _period(day: dt.date) -> str:
    if (day.month, day.day) not in ((12, 31), (6, 30)):
        raise WrongUseError(
            f"{day} is not a reference date: figures are of 31 December (year-end) or 30 June (mid-year)."
        )
    return "year-end" if day.month == 12 else "mid-year"


def _covers(connection: duckdb.DuckDBPyConnection, counted: series.Measured, asylum: str, year: int) -> str:
    """Return what part of a year a flow covers, where it is less than the whole; empty of stocks."""
    if counted.kind != "flow":
        return ""
    of_country = f"and asylum = '{names.country(connection, asylum)}'" if asylum else ""
    found = rows(
        connection,
        f"""
        select distinct asylum, covers_to from partial_years
        where indicator in ('{counted.indicators[0]}') and year = {year} {of_country}
        """,
    )
    return "; ".join(f"{row['asylum']} only to {row['covers_to']}" for row in found)


def _source(connection: duckdb.DuckDBPyConnection, as_of: str) -> Answer:
    release = as_of or names.newest_release(connection)
    cited = load_catalogue().publishers["unhcr"].citation
    return {"release": release, "citation": f"{cited}, release of {release}; displacement {__version__}."}


def _cited(connection: duckdb.DuckDBPyConnection, counted: series.Measured, places: str, as_of: str) -> Answer:
    source = _source(connection, as_of)
    publishers = ", ".join(counted.publishers)
    said = f"{counted.measure.replace('_', ' ')}, {places}"
    return {
        "measure": counted.measure,
        "of": places,
        "unit": counted.unit,
        "kind": counted.kind,
        "source": publishers,
        "warnings": [f"{one.rule} {one.why}" for one in counted.warnings],
        "release": source["release"],
        "citation": f"{publishers}: {said}, release of {source['release']}; displacement {__version__}.",
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: dates as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
