"""Charts: what is drawn from a finished build, declared once each, drawn by one module per family.

`chart` holds the shapes, `declarations` the catalogue, `drawer` reads and draws, `theme` is how things look, `picture`
the frame of a picture, `export` what is written. A chart reads from the published file with one query in `queries/`,
and is a pure function of the rows that answers and of a language. What it says are messages of the room `charts` in
`displacement.language`.

For whoever shows charts:

    for entry in charts.catalogue("fr"):                 # name, question, kind, unit, country, takes_year, tables
        ...
    book = charts.Drawer(connection)                       # of one build; reads what charts share once
    answer = book.read("country-origin", country="UKR")  # one query; answer.is_empty: no figure, nothing to draw
    chart = book.draw(answer, "fr")                      # as often as there are languages, without asking again
    chart.title, chart.drawing.subtitle, chart.question, chart.drawing.alt, chart.note, chart.source
    chart.columns, chart.rows                            # the figures drawn; what columns mean is in the catalogue
    chart.figure, chart.narrow                           # for plotly.js; `narrow` is merged in on a narrow screen
    chart.drawing.key                                    # what stands below a chart on a narrow screen
    charts.theme.dark()                                  # the colour on a dark ground for every colour of a figure

The plot itself runs from left to right in every language: an element that holds it needs `dir="ltr"`.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    "Entry",
    "Key",
    "catalogue",
    "draw",
    "draw_all",
    "query",
    "theme",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A chart as a list of charts shows it, in one language.

    Attributes:
        name: in addresses and files.
        question: the question it answers.
        unit: what its figures count.
        kind: stock, flow, change, share, rate or revision.
        country: whether it can be drawn of one country: no, may be, or must be.
        takes_year: whether another year than the newest can be asked for.
        tables: the tables of the published file it reads.
        uses_map: whether it needs the outlines of countries.
        height: of the plot on a page, in pixels, and on a phone.
        narrow_height: of the plot on a phone.
    """

    name: str
    question: str
    unit: str
    kind: str
    country: str
    takes_year: bool
    tables: tuple[str, ...]
    uses_map: bool
    height: int
    narrow_height: int


def catalogue(language: str = "en") -> tuple[Entry, ...]:
    """Return every chart there is, in the order in which pages show them."""
    from displacement.language import load

    spoken = load(language)
    return tuple(
        Entry(
            name=entry.name,
            question=spoken.text(f"chart.{entry.name}.question"),
            unit=spoken.text(f"chart.unit.{entry.unit}"),
            kind=entry.kind,
            country=entry.country,
            takes_year=entry.takes_year,
            tables=entry.tables,
            uses_map=entry.uses_map,
            height=entry.height,
            narrow_height=entry.narrow_height,
        )
        for entry in DECLARATIONS
    )


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
    book = Drawer(connection, release)
    return book.draw(book.read(name, country, year), language, size)


def draw_all(connection: duckdb.DuckDBPyConnection, language: str = "en") -> list[Chart]:
    """Draw every chart of the world from a finished build, but for those without a figure: it may be held back."""
    book = Drawer(connection)
    answers = (book.read(entry.name) for entry in WORLD)
    return [book.draw(answer, language) for answer in answers if not answer.is_empty]
