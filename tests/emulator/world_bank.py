"""The World Bank's indicators, as far as denominators need them: two series, aggregates among the countries.

The figures are the project's own table of denominators; those of aggregates are sums and mean nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pyarrow.parquet as pq

from displacement.settings import PACKAGE
from tests.emulator.questions import Parameters
from tests.emulator.reference import reviewed_countries
from tests.emulator.wire import Reply

SERIES = {
    "SP.POP.TOTL": ("population", "Population, total"),
    "NY.GDP.MKTP.CD": ("gdp_current_usd", "GDP (current US$)"),
}
AGGREGATES = {
    "AFE": ("ZH", "Africa Eastern and Southern"),
    "AFW": ("ZI", "Africa Western and Central"),
    "ARB": ("1A", "Arab World"),
    "": ("XD", "High income"),
    "WLD": ("1W", "World"),
}
"""Rows that are no countries, by ISO code; one of them has none."""
UPDATED = "2026-10-27"
DEFAULT_PER_PAGE = 50
FIRST_YEAR = 1960

INVALID = {"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}


def answer(path: str, parameters: Parameters) -> Reply:
    """Answer `country/<codes>/indicator/<series>`; errors are answers, too, with 200."""
    parts = path.strip("/").split("/")
    if len(parts) != 4 or parts[0] != "country" or parts[2] != "indicator":
        return _json([{"message": [INVALID]}])
    if _last(parameters, "format") != "json":
        return Reply(200, b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<wb:data/>', "text/xml; charset=utf-8")
    years = _years(_last(parameters, "date"))
    if parts[3].upper() not in SERIES or years is None:
        return _json([{"message": [INVALID]}])
    return _json(_page(_rows(parts[3].upper(), parts[1], years), parameters))


def _page(rows: list[dict[str, Any]], parameters: Parameters) -> list[Any]:
    size = _whole(_last(parameters, "per_page"), DEFAULT_PER_PAGE)
    page = _whole(_last(parameters, "page"), 1)
    head: dict[str, Any] = {"page": page, "pages": -(-len(rows) // size), "per_page": size, "total": len(rows)}
    head |= {"sourceid": "2", "lastupdated": UPDATED}
    return [head, rows[(page - 1) * size : page * size] or None]


def _rows(series: str, codes: str, years: range) -> list[dict[str, Any]]:
    """Return the rows of a series: aggregates, then countries, each from the newest year back; nothing is left out."""
    indicator, name = SERIES[series]
    values = _values()[indicator]
    newest = max(year for year, _ in values)
    wanted = None if codes.lower() == "all" else set(codes.upper().split(";"))
    asked = [year for year in reversed(years) if FIRST_YEAR <= year <= newest + 1]
    return [
        {
            "indicator": {"id": series, "value": name},
            "country": {"id": iso2, "value": place},
            "countryiso3code": iso3,
            "date": str(year),
            "value": values.get((year, iso3), None if iso3 not in AGGREGATES else _sum(indicator, year)),
            "unit": "",
            "obs_status": "",
            "decimal": 0,
        }
        for iso3, iso2, place in _places()
        if wanted is None or {iso3, iso2} & wanted
        for year in asked
    ]


@cache
def _places() -> list[tuple[str, str, str]]:
    countries = [(row["iso3"], row["iso2"], row["name"]) for row in reviewed_countries().values() if row["iso2"]]
    aggregates = [(iso3, iso2, place) for iso3, (iso2, place) in AGGREGATES.items()]
    return aggregates + sorted(countries, key=lambda place: place[2])


@cache
def _values() -> dict[str, dict[tuple[int, str], int]]:
    table = pq.read_table(PACKAGE / "data" / "denominators.parquet")
    found: dict[str, dict[tuple[int, str], int]] = {}
    for row in table.to_pylist():
        found.setdefault(row["indicator"], {})[row["year"], row["country"]] = row["value"]
    return found


@cache
def _sum(indicator: str, year: int) -> int | None:
    return sum(value for (when, _), value in _values()[indicator].items() if when == year) or None


def _years(text: str) -> range | None:
    """Return the years of `1960:2025` or `2020`; all there are if nothing is asked; None if it is no date."""
    if not text:
        return range(FIRST_YEAR, 2200)
    ends = text.split(":")
    if len(ends) > 2 or not all(end.isdigit() for end in ends):
        return None
    return range(int(ends[0]), int(ends[-1]) + 1)


def _json(document: Sequence[Any]) -> Reply:
    return Reply(200, json.dumps(document, separators=(",", ":")).encode(), "application/json;charset=utf-8")


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() and int(text) else otherwise


def _last(parameters: Parameters, name: str) -> str:
    return parameters[name][-1] if parameters.get(name) else ""
