"""What can be explored: a number of every country for every year, as a map, a ranking, a table or a country's line.

A measure is read once and written once, as a script that pages of all languages load; what it is called and how its
numbers are written belongs to the page. A country without a figure has none: absent is never zero.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.charts import maps, theme
from displacement.charts.chart import Break
from displacement.charts.drawer import read_breaks
from displacement.site import outlines
from displacement.site.facts import Facts, Row, year_ends

if TYPE_CHECKING:
    from displacement.language import Language

Value = int | float | None
PERSONS, RATE, SHARE = "persons", "rate", "share"
NAMED = 5
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class ExploredMeasure:
    """A number of every country and year.

    Attributes:
        name: of its messages, `site.measure.<name>`, and of its file.
        unit: persons, rate (one decimal) or share (of one).
        bounds: the lower bounds of the five classes of the map.
        explained: where a number of it is explained: "figures" with the role whose totals it is, else a page.
        role: of the country, in addresses of its figures.
        flow: whether it counts what happened in a year, and not who was there at its end.
        notes: the messages of what a reader must know of any year; the chart's own may be about the newest.
        series: the indicators in it, whose breaks are marked on the line of a country.
    """

    name: str
    unit: str = PERSONS
    bounds: tuple[float, ...] = tuple(entry.lower for entry in theme.map_classes())
    explained: str = "figures"
    role: str = "origin"
    flow: bool = False
    series: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _declared() -> dict[str, ExploredMeasure]:
    declared = tomllib.loads((HERE / "measures.toml").read_text(encoding="utf-8"))["measure"]
    found = {}
    for name, entry in declared.items():
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        found[name] = ExploredMeasure(name, **values)
    return found


MEASURES = _declared()
"""What can be explored, by its name; the charts' declarations name what their pages show."""


@dataclass(frozen=True)
class Explored:
    """A measure with its values: by country one for each year, or None."""

    measure: ExploredMeasure
    years: list[int]
    values: dict[str, list[Value]]
    breaks: list[tuple[Break, list[str]]] = field(default_factory=list)
    """Breaks in the series within these years, each with the countries whose figures it touches."""

    @property
    def newest(self) -> list[tuple[str, int | float]]:
        """The countries in the newest year, the largest first."""
        found = [(code, values[-1]) for code, values in self.values.items()]
        return sorted(((code, value) for code, value in found if value), key=lambda pair: (-pair[1], pair[0]))

    @cached_property
    def script(self) -> str:
        """The script that gives a page the values; an empty place is no figure."""
        rows = ",".join(
            f'"{code}":[{",".join("" if value is None else _short(value) for value in values)},]'
            for code, values in self.values.items()
        )
        name, years = json.dumps(self.measure.name), json.dumps(self.years, separators=(",", ":"))
        bounds = json.dumps(self.measure.bounds, separators=(",", ":"))
        return (
            f"(window.MEASURES=window.MEASURES||{{}})[{name}]={{years:{years},classes:{bounds},values:{{{rows}}}}};\n"
        )

    def class_of(self, value: float) -> int:
        """Return the class of a value, counted from one."""
        return max(1, sum(value >= lower for lower in self.measure.bounds))


def _short(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def explored(facts: Facts, ask: Callable[[str], Iterable[Row]]) -> dict[str, Explored]:
    """Return every measure by its name; `ask` returns the rows of a query of `queries/`."""
    hosting, asylum, children = (list(ask(name)) for name in ("hosting_years", "asylum_years", "children_years"))
    columns: dict[str, Mapping[str, Mapping[int, Value]]] = {
        "displaced-from": _of_totals(facts, "origin", "forcibly_displaced"),
        "displaced-inside": _of_totals(facts, "origin", "idmc_idps"),
        "ranked-from": _of_totals(facts, "origin", "refugees_and_oip"),
        "ranked-in": _of_totals(facts, "asylum", "refugees_and_oip"),
        "across-from": _from(
            _of_totals(facts, "origin", "displaced_across"), _first_with_asylum_seekers(facts, "origin")
        ),
        "across-in": _from(
            _of_totals(facts, "asylum", "displaced_across"), _first_with_asylum_seekers(facts, "asylum")
        ),
        "per-head": _of_rows(hosting, "per_1000_inhabitants"),
        "per-gdp": _of_rows(hosting, "per_million_usd_gdp"),
        "returned": _returned(facts),
        "claims": _of_rows(asylum, "applications"),
        "protection": _of_rows(asylum, "total_protection_rate"),
        "children": _of_rows(children, "share_of_children"),
    }
    return {name: _arranged(MEASURES[name], found, facts) for name, found in columns.items() if any(found.values())}


def _arranged(measure: ExploredMeasure, found: Mapping[str, Mapping[int, Value]], facts: Facts) -> Explored:
    places = set(facts.places)
    known = {code: values for code, values in sorted(found.items()) if code in places and values}
    every = [year for values in known.values() for year, value in values.items() if value is not None]
    years = list(range(min(every), max(every) + 1))
    breaks = [
        (entry, [entry.country] if entry.country else _touched(facts, measure.role, entry))
        for entry in read_breaks()
        if entry.indicator in measure.series and years[0] < entry.first_year <= years[-1]
    ]
    values = {code: [values.get(year) for year in years] for code, values in known.items()}
    return Explored(measure, years, values, breaks)


def _touched(facts: Facts, role: str, entry: Break) -> list[str]:
    """Return the countries that have a figure of the type in the year of its break or in the year before."""
    years = (entry.first_year - 1, entry.first_year)
    return sorted(
        code
        for (code, side), rows in facts.by_country.items()
        if side == role
        and any(row["reference_date"].year in years and row.get(entry.indicator) is not None for row in year_ends(rows))
    )


def _of_totals(facts: Facts, role: str, column: str) -> dict[str, dict[int, Value]]:
    return {
        code: {row["reference_date"].year: row[column] for row in year_ends(rows) if row[column] is not None}
        for (code, side), rows in facts.by_country.items()
        if side == role
    }


def _of_rows(rows: Iterable[Row], column: str) -> dict[str, dict[int, Value]]:
    found: dict[str, dict[int, Value]] = defaultdict(dict)
    for row in rows:
        if row[column] is not None:
            found[str(row["country"])][row["year"]] = row[column]
    return found


def _from(found: Mapping[str, Mapping[int, Value]], first: int) -> dict[str, dict[int, Value]]:
    return {code: {year: value for year, value in values.items() if year >= first} for code, values in found.items()}


def _first_with_asylum_seekers(facts: Facts, role: str) -> int:
    """Return the first year in which asylum-seekers are known by country: before it the sum is of refugees alone."""
    first: int = min(
        row["reference_date"].year
        for (code, side), rows in facts.by_country.items()
        if side == role and code in facts.places
        for row in year_ends(rows)
        if row["asylum_seekers"] is not None
    )
    return first


def _returned(facts: Facts) -> dict[str, dict[int, Value]]:
    """Return refugees who came home, by the country they came home to; a mid-year holds half a year and is left out."""
    found: dict[str, dict[int, Value]] = defaultdict(dict)
    for total, values in facts.history.items():
        if total.indicator == "returned_refugees" and total.role == "origin" and total.reference_date.month == 12:
            found[total.country][total.reference_date.year] = values[-1].value or None
    return found


# --- in a language ----------------------------------------------------------------------------------------------------


def spoken(one: Explored, language: Language, source: str) -> dict[str, Any]:
    """Return the words of a page about a measure, and what its script needs for more of them."""
    measure = one.measure
    year = "{year}"
    return {
        "measure": measure.name,
        "unit": measure.unit,
        "of": language.text(f"site.measure.{measure.name}", year=year),
        "place": language.text(
            "site.chart.of_country",
            country="{country}",
            year=year,
            value="{value}",
            what=language.text(f"site.measure.{measure.name}.one"),
        ),
        "largest": language.text(
            "site.chart.top",
            largest=language.text(f"site.chart.largest{'.flow' if measure.flow else ''}", year=year),
            country="{country}",
            value="{value}",
        ),
        "source": source,
        "in_millions": language.forms_of_millions(),
        "alt": language.text("site.chart.map.alt", date=year, places="{places}"),
        "none": language.text("figure.none"),
        "separator": language.number(1000)[1:-3],
        "decimal": language.decimal(1.5)[1:-1],
        "percent": language.share(0.5)[2:],
        "page": language.text("site.chart.page_of", country="{country}"),
        "note": " ".join(language.text(name) for name in (*measure.notes, "chart.gaps", "chart.map.boundaries")),
        "explained": measure.explained,
        "role": measure.role,
        "breaks": [(codes, entry.first_year, _break(entry, language)) for entry, codes in one.breaks],
    }


def _break(entry: Break, language: Language) -> str:
    said = language.text("chart.break", year=str(entry.first_year), what=entry.said[language.code])
    return f"{language.text('indicator.' + entry.indicator)}: {said}"


def put(one: Explored, value: float, language: Language) -> str:
    """Return a value as the page writes it."""
    if one.measure.unit == SHARE:
        return language.share(value)
    return language.decimal(value) if one.measure.unit == RATE else language.number(int(value))


def map_alt(one: Explored, language: Language) -> str:
    """Return the map in words: the year, and the largest."""
    named = [f"{language.country(code)} {put(one, value, language)}" for code, value in one.newest[:NAMED]]
    return language.text("site.chart.map.alt", date=str(one.years[-1]), places=language.listed(named))


def class_labels(one: Explored, context: Any) -> list[str]:
    """Return the classes of the map in words."""
    measure, language = one.measure, context.language
    if measure.unit == PERSONS:
        return maps.class_labels(context)
    digits = 0 if all(float(bound).is_integer() for bound in measure.bounds) else 1
    said = [
        language.share(bound) if measure.unit == SHARE else language.decimal(bound, digits) for bound in measure.bounds
    ]
    between = [context.say("map.between", low=low, high=high) for low, high in pairwise(said[1:])]
    return [language.text("site.class.below", high=said[1]), *between, context.say("map.or-more", low=said[-1])]


def shapes(one: Explored, grain: float = 0.1) -> list[tuple[str, str, int]]:
    """Return each outline of the map with its class in the newest year, zero where there is no figure."""
    values = dict(one.newest)
    return [
        (code, path, one.class_of(values[code]) if code in values else 0)
        for code, path in outlines.paths(grain).items()
    ]


def outlines_script() -> str:
    """Return the script with the outlines, for pages that draw a map only when asked for it."""
    held = {"height": outlines.height(), "paths": outlines.paths()}
    return f"window.OUTLINES={json.dumps(held, separators=(',', ':'))};\n"
