"""Every chart, declared once: its name, what it reads, who published the figures, and the function that draws it.

What a chart says is in the message catalogues, how it is drawn in its family's module, and its query in `queries/`.
"""

from __future__ import annotations

from displacement.charts import countries, flows, leading, maps, totals
from displacement.charts.chart import Declaration

HEADLINE = ("unhcr", "idmc", "unrwa", "global-trends")
POPULATION = ("unhcr",)
ACROSS = ("unhcr", "unrwa")

DECLARATIONS = (
    Declaration(
        name="world-total",
        tables=("global_totals",),
        kind="stock",
        unit="millions",
        publishers=HEADLINE,
        draw=totals.world_total,
        height=totals.HEIGHT,
    ),
    Declaration(
        name="yearly-change",
        tables=("global_totals", "claims"),
        kind="change",
        unit="millions",
        publishers=("global-trends",),
        draw=totals.yearly_change,
        height=440,
        narrow_height=320,
    ),
    Declaration(
        name="inside-and-across",
        tables=("global_totals", "headlines"),
        kind="stock",
        unit="millions",
        publishers=HEADLINE,
        draw=totals.inside_and_across,
        height=totals.HEIGHT,
    ),
    Declaration(
        name="top-origins",
        tables=("rankings", "country_totals"),
        kind="stock",
        unit="millions",
        publishers=POPULATION,
        draw=leading.top_origins,
        takes_year=True,
        height=leading.HEIGHT,
        narrow_height=leading.NARROW_HEIGHT,
    ),
    Declaration(
        name="top-hosts",
        tables=("rankings", "country_totals"),
        kind="stock",
        unit="millions",
        publishers=POPULATION,
        draw=leading.top_hosts,
        takes_year=True,
        height=leading.HEIGHT,
        narrow_height=leading.NARROW_HEIGHT,
    ),
    Declaration(
        name="map-origins",
        tables=("country_totals",),
        kind="stock",
        unit="people",
        publishers=POPULATION,
        draw=maps.map_origins,
        takes_year=True,
        height=500,
        narrow_height=220,
        uses_map=True,
    ),
    Declaration(
        name="map-hosts",
        tables=("country_totals",),
        kind="stock",
        unit="people",
        publishers=POPULATION,
        draw=maps.map_hosts,
        takes_year=True,
        height=500,
        narrow_height=220,
        uses_map=True,
    ),
    Declaration(
        name="corridors",
        tables=("corridors",),
        kind="stock",
        unit="people",
        publishers=POPULATION,
        draw=flows.corridors,
        takes_year=True,
        height=flows.HEIGHT,
        narrow_height=520,
    ),
    Declaration(
        name="country-origin",
        tables=("country_totals",),
        kind="stock",
        unit="people",
        publishers=ACROSS,
        draw=countries.origin,
        country="must be",
        height=countries.HEIGHT,
        narrow_height=countries.NARROW_HEIGHT,
    ),
    Declaration(
        name="country-host",
        tables=("country_totals",),
        kind="stock",
        unit="people",
        publishers=ACROSS,
        draw=countries.host,
        country="must be",
        height=countries.HEIGHT,
        narrow_height=countries.NARROW_HEIGHT,
    ),
    Declaration(
        name="country-inside",
        tables=("country_totals",),
        kind="stock",
        unit="people",
        publishers=("idmc",),
        draw=countries.inside,
        country="must be",
        height=countries.HEIGHT,
        narrow_height=countries.NARROW_HEIGHT,
    ),
)
"""Every chart, in the order in which a page shows them: those of the world first, then those of a country alone."""

WORLD = tuple(entry for entry in DECLARATIONS if entry.country != "must be")
"""The charts that can be drawn of the world."""
