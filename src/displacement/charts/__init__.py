"""Charts: what is drawn from a finished build, declared once each, drawn by one module per family.

`chart` holds the shapes, `theme` how things look, `wording` how they read, `export` what is written. A chart reads
from the published file with one query in `queries/`, and is a pure function of the rows that answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.charts import flows, leading, maps, totals
from displacement.charts.chart import Chart, Context, Declaration, Indicator, Row
from displacement.errors import DisplacementError

if TYPE_CHECKING:
    import duckdb

__all__ = ["DECLARATIONS", "Chart", "Context", "Declaration", "draw", "draw_all", "read_context"]

QUERIES = Path(__file__).resolve().parent / "queries"

UNHCR = "UNHCR Refugee Population Statistics Database"
GLOBAL_TRENDS = "UNHCR Global Trends and Mid-Year Trends (published totals)"

DECLARATIONS = (
    Declaration(
        name="world-total",
        question="How many people are forcibly displaced?",
        unit="millions of people",
        publishers=(UNHCR, "IDMC", "UNRWA", GLOBAL_TRENDS),
        draw=totals.world_total,
        height=totals.HEIGHT,
    ),
    Declaration(
        name="yearly-change",
        question="Does the number grow as fast as claimed?",
        unit="millions of people",
        publishers=(GLOBAL_TRENDS,),
        draw=totals.yearly_change,
        height=440,
        narrow_height=320,
    ),
    Declaration(
        name="inside-and-across",
        question="How many are displaced inside their own country, how many across borders?",
        unit="millions of people",
        publishers=(UNHCR, "IDMC", "UNRWA", GLOBAL_TRENDS),
        draw=totals.inside_and_across,
        height=totals.HEIGHT,
    ),
    Declaration(
        name="top-origins",
        question="Where are people displaced from?",
        unit="millions of people",
        publishers=(UNHCR,),
        draw=leading.top_origins,
        height=leading.HEIGHT,
        narrow_height=leading.NARROW_HEIGHT,
    ),
    Declaration(
        name="top-hosts",
        question="Where are people displaced across borders?",
        unit="millions of people",
        publishers=(UNHCR,),
        draw=leading.top_hosts,
        height=leading.HEIGHT,
        narrow_height=leading.NARROW_HEIGHT,
    ),
    Declaration(
        name="map-origins",
        question="Which countries do people come from?",
        unit="persons",
        publishers=(UNHCR,),
        draw=maps.map_origins,
        height=500,
        narrow_height=220,
        uses_map=True,
    ),
    Declaration(
        name="map-hosts",
        question="Which countries host them?",
        unit="persons",
        publishers=(UNHCR,),
        draw=maps.map_hosts,
        height=500,
        narrow_height=220,
        uses_map=True,
    ),
    Declaration(
        name="corridors",
        question="Between which countries?",
        unit="persons",
        publishers=(UNHCR,),
        draw=flows.corridors,
        height=flows.HEIGHT,
        narrow_height=520,
    ),
)
"""Every chart, in the order in which a page shows them."""


def draw_all(connection: duckdb.DuckDBPyConnection) -> list[Chart]:
    """Draw every chart from a finished build."""
    context = read_context(connection)
    return [draw(declaration, *_read(connection, declaration.name), context) for declaration in DECLARATIONS]


def draw(declaration: Declaration, columns: Sequence[str], rows: Sequence[Sequence[Any]], context: Context) -> Chart:
    """Draw one chart from the rows its query answers with.

    Raises:
        DisplacementError: the query answers with nothing to draw.
    """
    if not rows:
        raise DisplacementError(f"The chart {declaration.name} has nothing to draw: its query returns no row.")
    named: list[Row] = [dict(zip(columns, row, strict=True)) for row in rows]
    return Chart(
        declaration=declaration,
        drawing=declaration.draw(named, context),
        source=source(declaration.publishers, context),
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
    )


def source(publishers: Sequence[str], context: Context) -> str:
    """Return the caption's line: who published the figures, and in which release they stand so."""
    return f"Source: {', '.join(publishers)}. Release {context.release} ({context.release_title})."


def read_context(connection: duckdb.DuckDBPyConnection) -> Context:
    """Read the newest release, the population types, and why some people count once."""
    [(release, title)] = connection.execute(
        "select release, title from releases where release = (select newest_release from build)"
    ).fetchall()
    indicators = connection.execute("select indicator, name, first_year from indicators").fetchall()
    overlaps = connection.execute("select distinct reason from overlap_rules order by reason").fetchall()
    return Context(
        release=str(release),
        release_title=title,
        indicators={str(code): Indicator(name, year) for code, name, year in indicators},
        overlaps=tuple(reason for (reason,) in overlaps),
    )


def _read(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    answer = connection.execute((QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
    return tuple(column[0] for column in answer.description or ()), answer.fetchall()
