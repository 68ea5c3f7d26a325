"""The page on which up to five countries are compared: every country's figures by year-end, for a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from displacement.charts.export import for_script
from displacement.language import Language
from displacement.site.charts import Gallery, by_name
from displacement.site.explorer import Explored, Value
from displacement.site.facts import year_ends
from displacement.site.render import Page

START = 3
"""How many countries are there to begin with: those with most people displaced from them."""


def compare_page(gallery: Gallery) -> Page:
    """Return the page."""
    explored = {"from": gallery.explored["across-from"], "in": gallery.explored["across-in"]}
    first = min(one.years[0] for one in explored.values())
    years = list(range(first, gallery.facts.newest.year + 1))
    values = {measure: _padded(one, years) for measure, one in explored.items()} | {"inside": _inside(gallery, years)}
    start = [code for code, _ in explored["from"].newest[:START]]

    def spoken(code: str) -> Mapping[str, Any]:
        language = gallery.language(code)
        places = sorted(((language.country(place), place) for place in gallery.facts.places), key=by_name)
        return {
            "named_places": [(place, name) for name, place in places],
            "compared_json": for_script(_compared(language, years, values, start, places)),
        }

    return Page("compare.html", "compare.html", {}, spoken)


def _compared(
    language: Language, years: list[int], values: Mapping[str, Any], start: list[str], places: list[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "years": years,
        "values": values,
        "start": start,
        "names": {place: name for name, place in places},
        "separator": language.number(1000)[1:-3],
        "decimal": language.decimal(1.5)[1:-1],
        "millions": language.text("unit.millions"),
        "persons": language.text("unit.persons"),
        "year": language.text("site.year"),
        "title": language.text("site.compare.title", what="{what}", countries="{countries}"),
        "remove": language.text("site.compare.remove", country="{country}"),
    }


def _padded(explored: Explored, years: list[int]) -> dict[str, list[Value]]:
    missing: list[Value] = [None] * (explored.years[0] - years[0])
    return {code: missing + values for code, values in explored.values.items() if any(values)}


def _inside(gallery: Gallery, years: list[int]) -> dict[str, list[Value]]:
    found = {}
    for (code, role), rows in gallery.facts.by_country.items():
        known = {row["reference_date"].year: row["idmc_idps"] for row in year_ends(rows) if row["idmc_idps"]}
        if role == "origin" and known and code in gallery.facts.places:
            found[code] = [known.get(year) for year in years]
    return found
