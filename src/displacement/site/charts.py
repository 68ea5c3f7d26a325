"""The pages of the charts of the catalogue, each drawn in every language from one query.

A page has the chart, a table of what it draws, and, where figures are those of countries, a map of any year. Charts are
drawn in `displacement.charts`; `still` turns one into the picture that needs no script.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from displacement.charts import WORLD, Chart, ChartData, Drawer, export
from displacement.language import Language, load
from displacement.site import explorer, outlines, still
from displacement.site.explorer import MEASURES, Explored
from displacement.site.facts import SOLUTIONS, STOCKS, Facts, read
from displacement.site.facts import WORLD as WHOLE_WORLD
from displacement.site.render import Page

if TYPE_CHECKING:
    import duckdb

WIDE, NARROW = 1040, 358
"""Widths of the plain pictures, in pixels: of a page on a desk and on a phone."""
RANKED = 15
THUMBNAIL = (600, 330)
SMALL = 260
TALL = 600

LABELS = {name: f"type.{name}" for name in (*STOCKS, *SOLUTIONS)} | {
    "reference_date": "site.date",
    "year": "site.year",
    "country": "site.code",
    "name": "site.country",
    "origin": "site.code",
    "asylum": "site.code",
    "origin_name": "role.origin",
    "asylum_name": "role.asylum",
    "rank": "site.rank",
    "refugees_and_oip": "total.refugees_and_oip",
    "displaced_across": "total.displaced_across",
    "forcibly_displaced": "total.forcibly_displaced",
    "published_total": "site.figures.published_total",
}
"""What columns are called that other pages show, too; any other is `site.column.<name>`."""
SAME_IN_EVERY_ROW = ("kind", "role", "claimant", "claim_made_on", "made_on", "claimed_for")
"""Columns of the query that repeat in every row what the title or the note has once."""
NAMES = {"name": "country", "origin_name": "origin", "asylum_name": "asylum"}
"""Columns with the name of a country, which a page writes in its language, and the column with its code."""
SAID = {"period": "period", "unit": "unit", "region": "region", "indicator": "indicator"}
"""Columns whose values are words of a closed set, and the family of their messages."""


@dataclass(frozen=True)
class ShownColumn:
    """A column of the table behind a chart."""

    name: str
    label: str
    numeric: bool
    place: int


class Gallery:
    """The charts of the world: read once, drawn once a language."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, facts: Facts) -> None:
        """Open the charts of a finished build."""
        self.connection = connection
        self.drawer = Drawer(connection)
        self.facts = facts
        self._drawn: dict[tuple[str, str], Chart] = {}
        self._spoken: dict[str, Language] = {}

    def language(self, code: str) -> Language:
        """Return a language with the names of countries of this build."""
        if code not in self._spoken:
            self._spoken[code] = load(code, self.facts.names(code))
        return self._spoken[code]

    @cached_property
    def answers(self) -> dict[str, ChartData]:
        """What charts are drawn from, by their names; those without a figure are left out."""
        found = {entry.name: self.drawer.read(entry.name) for entry in WORLD}
        return {name: answer for name, answer in found.items() if not answer.is_empty}

    def chart(self, name: str, code: str) -> Chart:
        """Return a chart in a language."""
        if (name, code) not in self._drawn:
            self._drawn[name, code] = self.drawer.draw(self.answers[name], code)
        return self._drawn[name, code]

    def of_country(self, name: str, country: str) -> ChartData | None:
        """Return what a chart of a country is drawn from; None where there is no figure."""
        data = self.drawer.read(name, country)
        return None if data.is_empty else data

    def all(self, code: str) -> list[Chart]:
        """Return every chart in a language, in the order of the catalogue."""
        return [self.chart(name, code) for name in self.answers]

    @cached_property
    def explored(self) -> dict[str, Explored]:
        """What can be explored on the pages, by the name of the measure."""
        return explorer.explored(self.facts, lambda name: read(self.connection, name))


def stills(chart: Chart) -> tuple[Markup, Markup]:
    """Return the still picture of a chart for a desk and for a phone."""
    declared = chart.declaration
    wide = still.svg(chart.figure, WIDE, declared.height)
    narrow = still.svg(chart.figure, NARROW, declared.narrow_height, chart.narrow)
    return Markup(wide), Markup(narrow)  # noqa: S704 - escapes its texts


def small_still(figure: Mapping[str, Any], height: int, narrow: Mapping[str, Any] | None = None) -> Markup:
    """Return the one still picture of a figure for desk and phone, as wide as a phone."""
    return Markup(still.svg(figure, NARROW, height, narrow))  # noqa: S704 - escapes its texts


def chart_pages(gallery: Gallery) -> Iterator[Page]:
    """Yield the list of charts, and the page of each."""

    def listed(code: str) -> dict[str, Any]:
        shown: dict[str, list[tuple[Chart, Markup]]] = {}
        for chart in gallery.all(code):
            shown.setdefault(chart.declaration.group, []).append((chart, _thumbnail(chart)))
        return {"groups": list(shown.items())}

    yield Page("charts/index.html", "charts.html", {}, listed)
    for name in gallery.answers:
        yield Page(f"charts/{name}.html", "chart.html", {}, _Spoken(gallery, name))


def _thumbnail(chart: Chart) -> Markup:
    """Return a small picture of a chart, without words."""
    narrow = chart.declaration.narrow_height <= TALL  # else panels, one above the other on a phone
    return Markup(still.svg(chart.figure, *THUMBNAIL, chart.narrow if narrow else None, words=False))  # noqa: S704


class _Spoken:
    """The contents of the page of a chart, language by language."""

    def __init__(self, gallery: Gallery, name: str) -> None:
        self.gallery, self.name = gallery, name
        self.explored = gallery.explored.get(gallery.answers[name].declaration.explored)

    def __call__(self, code: str) -> Mapping[str, Any]:
        chart, language = self.gallery.chart(self.name, code), self.gallery.language(code)
        drawn = not chart.declaration.uses_map
        places = sorted(((language.country(place), place) for place in self.gallery.facts.places), key=by_name)
        shown = {
            "chart": chart,
            "drawn": drawn,
            "tabs": ["chart", *(["map", "ranking"] if self.explored else []), *(["table"] if drawn else [])],
            "first_tab": "map" if chart.declaration.uses_map and self.explored else "chart",
            "map_first": chart.declaration.uses_map,
            "named_places": [(place, name) for name, place in places],
            "explored": self.explored,
            **_table(chart, language),
        }
        if drawn:
            shown |= {
                "stills": stills(chart),
                "spec": export.spec(chart),
                "key_signs": [Markup(still.sign(key.mark, key.colour)) for key in chart.drawing.key],  # noqa: S704
            }
        return shown | (self._explored(language) if self.explored else {})

    def _explored(self, language: Language) -> dict[str, Any]:
        explored = self.explored
        assert explored is not None  # noqa: S101 - asked for only where there is one
        newest = explored.newest[:RANKED]
        chart = self.gallery.chart(self.name, language.code)
        return {
            "ranked": [
                (code, value, explorer.put(explored, value, language), round(100 * value / newest[0][1], 1))
                for code, value in newest
            ],
            "map_height": outlines.height(),
            "map_alt": explorer.map_alt(explored, language),
            "shapes": explorer.shapes(explored) if chart.declaration.uses_map else [],
            "class_labels": explorer.class_labels(explored, self.gallery.drawer.context(language.code)),
            "explored_json": export.for_script(explorer.spoken(explored, language, chart.source)),
        }


def _table(chart: Chart, language: Language) -> dict[str, Any]:
    """Return the table behind a chart: its rows as the database has them, in words of the language.

    A row of a date and a country, or of a date of the world, leads to the page that explains its figures.
    """
    columns = [
        ShownColumn(
            name,
            LABELS.get(name, f"site.column.{name}"),
            all(isinstance(row[place], int | float | None) for row in chart.rows),
            place,
        )
        for place, name in enumerate(chart.columns)
        if name not in SAME_IN_EVERY_ROW
    ]
    codes = {name: chart.columns.index(code) for name, code in NAMES.items() if code in chart.columns}
    rows = []
    for row in chart.rows:
        named = {name: str(row[place]) for name, place in codes.items()}
        cells = [_cell(column.name, row[column.place], named, language) for column in columns]
        rows.append((_explained(chart, row), cells))
    return {"columns": columns, "rows": rows}


def _cell(name: str, value: Any, codes: Mapping[str, str], language: Language) -> str:
    """Return a value as the table writes it; `codes` holds the codes of the countries the row names."""
    if value is None:
        return ""
    if name in codes:
        return language.countries.get(codes[name]) or str(value)
    if name == "partial_in":
        return language.listed(map(language.country, value.split()))
    if name in SAID and language.has(f"{SAID[name]}.{value}"):
        return language.text(f"{SAID[name]}.{value}")
    if isinstance(value, bool) or name in ("year", "rank", "denominator_year"):
        return str(value)
    if isinstance(value, int):
        return language.number(value)
    if isinstance(value, float):
        return language.decimal(value) if name == "rate" else language.share(value, 1)
    return language.date(value) if isinstance(value, dt.date) else str(value)


def _explained(chart: Chart, row: tuple[Any, ...]) -> str:
    """Return where a row is explained, below the root of the language; nothing where no page has its figures."""
    found = dict(zip(chart.columns, row, strict=True))
    day, measure = found.get("reference_date"), MEASURES.get(chart.declaration.explored)
    if not isinstance(day, dt.date):
        return ""
    if "published_total" in found and found["published_total"] is not None:
        return f"figures/{WHOLE_WORLD}.html#published-{day}"
    if set(found) & set(STOCKS) and "country" not in found and "origin" not in found:
        return f"figures/{WHOLE_WORLD}.html#world-{day}"
    if measure and "country" in found and found["displaced_across"] is not None:
        return f"figures/{found['country']}.html#{measure.role}-{day}"
    return ""


def by_name(pair: tuple[str, str]) -> str:
    """Sort pairs of a name and a code as readers look for them."""
    return plain(pair[0])


def plain(name: str) -> str:
    """Return a name as readers look for it: without regard to accents and capitals."""
    import unicodedata

    apart = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).lower()
