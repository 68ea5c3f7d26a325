"""Charts: what is drawn from a finished build, declared as data, drawn by one module for each family.

`declarations.toml` is the catalogue, `chart` has the shapes, `drawer` reads and draws, `theme` is how things look,
`picture` the frame of a picture, `export` writes files. A chart reads from the published file with one query in
`queries/`, and is a pure function of those rows and of its state: country, year and language. Its texts are messages of
the room `charts` in the message catalogues.

    drawer = charts.Drawer(connection)                   # of one build; reads what charts share once
    data = drawer.read("country-origin", country="UKR")  # one query; data.is_empty: no figure, nothing to draw
    chart = drawer.draw(data, "fr")                      # as often as there are languages, without reading again
    chart.title, chart.drawing.subtitle, chart.question, chart.drawing.alt, chart.note, chart.source
    chart.columns, chart.rows                            # the figures drawn, as the CSV has them
    chart.figure, chart.narrow                           # for plotly.js; `narrow` is merged in on a narrow screen
    chart.drawing.key                                    # what is below a chart on a narrow screen
    charts.theme.dark()                                  # the colour on a dark ground for every colour of a figure

The plot itself runs from left to right in every language: an element that holds it needs `dir="ltr"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from displacement.charts import theme
from displacement.charts.chart import Chart, Context, Declaration, Drawing, Key
from displacement.charts.declarations import DECLARATIONS, WORLD
from displacement.charts.drawer import QUERIES, ChartData, Drawer, query
from displacement.query.published import require_kept_by_release

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "DECLARATIONS",
    "QUERIES",
    "WORLD",
    "Chart",
    "ChartData",
    "Context",
    "Declaration",
    "Drawer",
    "Drawing",
    "Key",
    "draw",
    "draw_all",
    "query",
    "theme",
]


def draw(
    name: str,
    connection: duckdb.DuckDBPyConnection,
    language: str = "en",
    *,
    country: str | None = None,
    year: int | None = None,
    size: str = "report",
    release: str | None = None,
) -> Chart:
    """Draw one chart from a finished build.

    Raises:
        WrongUseError: there is no such chart, country, language or size, or the chart takes none; or it reads a table
            that is not kept by release, and a release is asked of.
        DisplacementError: there is no figure to draw.
    """
    if release:
        require_kept_by_release({table for one in DECLARATIONS if one.name == name for table in one.tables}, release)
    drawer = Drawer(connection, release)
    return drawer.draw(drawer.read(name, country, year), language, size)


def draw_all(connection: duckdb.DuckDBPyConnection, language: str = "en") -> list[Chart]:
    """Draw every chart of the world from a finished build, but for those without a figure: it may be held back."""
    drawer = Drawer(connection)
    every = (drawer.read(entry.name) for entry in WORLD)
    return [drawer.draw(data, language) for data in every if not data.is_empty]
