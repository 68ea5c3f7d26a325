"""The pages of the charts of the catalogue, each drawn in every language from one answer of the database.

A page has the chart, a table of what it draws, and, where figures are those of countries, a map of any year. What is
drawn is the business of `displacement.charts`; the plain picture of it that of `plotted`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from displacement.charts import WORLD, Answer, Book, Chart, export, maps, theme
from displacement.languages import Language, load
from displacement.site import outlines, plotted
from displacement.site.facts import SOLUTIONS, STOCKS, Facts, year_ends
from displacement.site.render import Page

if TYPE_CHECKING:
    import duckdb

WIDE, NARROW = 1040, 358
"""Widths of the plain pictures, in pixels: of a page on a desk and on a phone."""
RANKED = 15
NAMED = 5

BY_COUNTRY = {"top-origins": "origin", "map-origins": "origin", "top-hosts": "asylum", "map-hosts": "asylum"}
"""Charts of people displaced across borders by country, whose pages show any year: the role of the country."""

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
    "displaced_across": "total.displaced_across",
    "forcibly_displaced": "total.forcibly_displaced",
    "published_total": "site.figures.published_total",
}
"""What columns are called on a page; others bear the name they have in the database."""
NAMES = {"name": "country", "origin_name": "origin", "asylum_name": "asylum"}
"""Columns that hold the name of a country, which a page says in its language, and the column that holds its code."""


@dataclass(frozen=True)
class Column:
    """A column of the table behind a chart."""

    name: str
    label: str | None
    numeric: bool


@dataclass(frozen=True)
class Explored:
    """People displaced across borders by country and year-end, for a page on which the year can be chosen."""

    years: list[int]
    values: dict[str, list[int | None]]

    @property
    def newest(self) -> list[tuple[str, int]]:
        """The countries in the newest year, the largest first."""
        found = [(code, values[-1]) for code, values in self.values.items() if values[-1]]
        return sorted(((code, value) for code, value in found if value), key=lambda pair: (-pair[1], pair[0]))


class Gallery:
    """The charts of the world: read once, drawn once a language."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, facts: Facts) -> None:
        """Open the charts of a finished build."""
        self.book = Book(connection)
        self.facts = facts
        self._drawn: dict[tuple[str, str], Chart] = {}
        self._spoken: dict[str, Language] = {}

    def language(self, code: str) -> Language:
        """Return a language with the names of countries of this build."""
        if code not in self._spoken:
            self._spoken[code] = load(code, self.facts.names(code))
        return self._spoken[code]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What the database answers, by the name of the chart; charts without a figure are left out."""
        found = {entry.name: self.book.read(entry.name) for entry in WORLD}
        return {name: answer for name, answer in found.items() if not answer.is_empty}

    def chart(self, name: str, code: str) -> Chart:
        """Return a chart in a language."""
        if (name, code) not in self._drawn:
            self._drawn[name, code] = self.book.draw(self.answers[name], code)
        return self._drawn[name, code]

    def all(self, code: str) -> list[Chart]:
        """Return every chart in a language, in the order of the catalogue."""
        return [self.chart(name, code) for name in self.answers]

    def explored(self, role: str) -> Explored:
        """Return the figures of every country in a role, from the first year in which asylum-seekers are known."""
        rows = {
            code: {row["reference_date"].year: row["displaced_across"] for row in year_ends(found)}
            for (code, side), found in self.facts.by_country.items()
            if side == role and code in self.facts.places
        }
        last = self.facts.newest.year
        first = min(
            row["reference_date"].year
            for (code, side), found in self.facts.by_country.items()
            if side == role and code in self.facts.places
            for row in year_ends(found)
            if row["asylum_seekers"] is not None
        )
        years = list(range(first, last + 1))
        return Explored(years, {code: [values.get(year) for year in years] for code, values in sorted(rows.items())})


def chart_pages(gallery: Gallery) -> Iterator[Page]:
    """Yield the list of charts, and the page of each."""

    def listed(code: str) -> dict[str, Any]:
        return {"charts": gallery.all(code)}

    yield Page("charts/index.html", "charts.html", {}, listed)
    explored = {role: gallery.explored(role) for role in ("origin", "asylum")}
    for name in gallery.answers:
        role = BY_COUNTRY.get(name)
        yield Page(f"charts/{name}.html", "chart.html", {}, _Spoken(gallery, name, explored[role] if role else None))


class _Spoken:
    """What the page of a chart says, language by language."""

    def __init__(self, gallery: Gallery, name: str, explored: Explored | None) -> None:
        self.gallery, self.name, self.explored = gallery, name, explored

    def __call__(self, code: str) -> Mapping[str, Any]:
        chart, language = self.gallery.chart(self.name, code), self.gallery.language(code)
        drawn = not chart.declaration.uses_map
        places = sorted(((language.country(place), place) for place in self.gallery.facts.places), key=by_name)
        shown = {
            "chart": chart,
            "drawn": drawn,
            "tabs": (["chart"] if drawn or self.explored else []) + (["map"] if self.explored else []) + ["table"],
            "first_tab": "map" if chart.declaration.uses_map and self.explored else "chart",
            "named_places": [(place, name) for name, place in places],
            "years": _years(chart),
            "explored": self.explored,
            **_table(chart, language),
        }
        if drawn:
            height, narrow_height = chart.declaration.height, chart.declaration.narrow_height
            shown |= {
                "still_wide": Markup(plotted.svg(chart.figure, WIDE, height)),  # noqa: S704 - escapes its texts
                "still_narrow": Markup(plotted.svg(chart.figure, NARROW, narrow_height, chart.narrow)),  # noqa: S704
                "spec": export.spec(chart),
                "key_signs": [_sign(key.mark, key.colour) for key in chart.drawing.key],
            }
        return shown | (self._explored(language) if self.explored else {})

    def _explored(self, language: Language) -> dict[str, Any]:
        explored, role = self.explored, BY_COUNTRY[self.name]
        assert explored is not None  # noqa: S101 - asked for only where there is one
        newest = explored.newest
        longest = newest[0][1]
        values = dict(newest)
        named = [f"{language.country(code)} {language.amount(value)}" for code, value in newest[:NAMED]]
        levels = [
            (code, path, maps.class_of(values[code]) + 1 if code in values else 0)
            for code, path in outlines.paths().items()
        ]
        return {
            "ranked": [
                (code, language.country(code), value, round(100 * value / longest, 1))
                for code, value in newest[:RANKED]
            ],
            "map_height": outlines.height(),
            "map_alt": language.text(
                "site.chart.map.alt", date=self.gallery.facts.newest, places=language.listed(named)
            ),
            "shapes": levels,
            "class_labels": maps.class_labels(self.gallery.book.context(language.code)),
            "explored_json": json_for_script(
                {
                    "years": explored.years,
                    "classes": [entry.lower for entry in theme.map_classes()],
                    "values": explored.values,
                    "names": {code: language.country(code) for code in explored.values},
                    "largest": language.text("site.chart.largest", year="{year}"),
                    "question": self.gallery.chart(self.name, language.code).question,
                    "ofYear": language.text(f"site.chart.of_year.{role}", year="{year}"),
                    "none": language.text("figure.none"),
                    "separator": language.number(1000)[1:-3],
                }
            ),
        }


def _years(chart: Chart) -> tuple[int, int] | None:
    """Return the first and last year of a chart over years."""
    axis = chart.drawing.layout.get("xaxis", {})
    if axis.get("tickformat") != "d" or "range" not in axis:
        return None
    low, high = axis["range"]
    return int(low) + 1, int(high)


def _table(chart: Chart, language: Language) -> dict[str, Any]:
    """Return the table behind a chart: its rows as the database has them, names of countries in the language."""
    columns = [
        Column(name, LABELS.get(name), all(isinstance(row[place], int | float | None) for row in chart.rows))
        for place, name in enumerate(chart.columns)
    ]
    codes = {name: chart.columns.index(code) for name, code in NAMES.items() if code in chart.columns}

    def cell(column: Column, value: Any, row: tuple[Any, ...]) -> str:
        if value is None:
            return ""
        if column.name in codes:
            return language.countries.get(str(row[codes[column.name]])) or str(value)
        if isinstance(value, bool) or column.name in ("year", "rank"):
            return str(value)
        if isinstance(value, int):
            return language.number(value)
        if isinstance(value, float):
            return language.share(value, 1) if 0 <= value <= 1 else language.decimal(value)
        return language.date(value) if isinstance(value, dt.date) else str(value)

    rows = [[cell(column, value, row) for column, value in zip(columns, row, strict=True)] for row in chart.rows]
    return {"columns": columns, "rows": rows}


def _sign(mark: str, colour: str) -> Markup:
    """Return the sign of an entry of a key."""
    fill = plotted.colour(colour)
    shape = {
        "line": f'<rect y="5" width="14" height="4" fill="{fill}"/>',
        "dash": f'<path d="M0 6h5v2h-5zM9 6h5v2h-5z" fill="{fill}"/>',
        "dot": f'<circle cx="7" cy="7" r="4" fill="{fill}"/>',
        "ring": f'<circle cx="7" cy="7" r="4" fill="none" stroke="{fill}" stroke-width="1.5"/>',
    }.get(mark, f'<rect x="1" y="1" width="12" height="12" fill="{fill}"/>')
    return Markup(shape)  # noqa: S704 - colours and shapes are ours


def json_for_script(value: Any) -> Markup:
    """Return JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


def by_name(pair: tuple[str, str]) -> str:
    """Sort names as readers look for them: without regard to accents."""
    import unicodedata

    return "".join(
        letter for letter in unicodedata.normalize("NFD", pair[0]) if not unicodedata.combining(letter)
    ).lower()
