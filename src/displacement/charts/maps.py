"""Maps of people displaced across borders, by country of origin and by country of asylum, in five named classes.

A country without a figure is grey and labelled so; it is never the lightest blue.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

OUTLINES = Path(__file__).resolve().parent / "assets" / "world_110m.js"
ROTATION = 10
"""The longitude in the middle of the map; it keeps Chukotka in one piece."""


@cache
def topology() -> dict[str, Any]:
    """Return the outlines that plotly.js reads, as TopoJSON."""
    script = OUTLINES.read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(script[script.index("{", script.index("world_110m =")) : script.rindex("}") + 1])
    return read


@cache
def outlined() -> frozenset[str]:
    """Return the codes of the countries whose outlines the map has."""
    return frozenset(shape["id"] for shape in topology()["objects"]["countries"]["geometries"])


def world_map(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries from which people are displaced across borders, or in which they are."""
    say, language = context.say, context.language
    date = rows[0]["reference_date"]
    places = _places(rows)
    largest = language.listed(
        f"{language.country(row['country'])} {language.amount(row['displaced_across'])}" for row in places[:5]
    )
    labels = class_labels(context)
    return Drawing(
        title=context.tell("title", n=len(places)) + _many(places, context),
        subtitle=context.tell("subtitle", date=date),
        alt=context.tell("alt", year=str(date.year), largest=largest),
        data=[_without(rows, date, context), *_classes(rows, labels, context)],
        layout=theme.layout(
            margin={"l": 0, "r": 0, "t": 8, "b": 40},
            geo={
                "projection": {"type": "natural earth", "rotation": {"lon": ROTATION}},
                "showframe": False,
                "showcoastlines": False,
                "showland": True,
                "landcolor": theme.NO_FIGURE,
                "showlakes": False,
                "bgcolor": theme.GROUND,
                "lataxis": {"range": [-57, 84]},
                "domain": {"x": [0, 1], "y": [0, 1]},
            },
            showlegend=True,
            legend={
                "orientation": "h",
                "x": 0.5,
                "xanchor": "center",
                "y": -0.01,
                "yanchor": "top",
                "itemclick": False,
                "itemdoubleclick": False,
                "traceorder": "normal",
                "font": {"size": theme.TEXT},
            },
        ),
        notes=(
            say("across-is"),
            say("no-unrwa"),
            say("map.too-small", n=len(places) - len([row for row in places if row["country"] in outlined()])),
            *_nowhere(rows, context),
            say("map.boundaries"),
        ),
        key=(
            *(
                Key(label, "", entry.colour)
                for entry, label in list(zip(theme.map_classes(), labels, strict=True))[::-1]
            ),
            Key(say("no-figure"), "", theme.NO_FIGURE),
        ),
        narrow_layout={"showlegend": False, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}},
    )


def _classes(rows: Sequence[Row], labels: Sequence[str], context: Context) -> list[dict[str, Any]]:
    language = context.language
    traces = []
    for index, (entry, label) in enumerate(zip(theme.map_classes(), labels, strict=True)):
        part = [row for row in rows if row["country"] in outlined() and class_of(row["displaced_across"]) == index]
        traces.append(
            _shapes(
                [row["country"] for row in part],
                label,
                entry.colour,
                **parts.pointed_at(
                    parts.hover(
                        context,
                        row["reference_date"],
                        language.people(row["displaced_across"]),
                        context.tell("hover", country=language.country(row["country"])),
                    )
                    for row in part
                ),
            )
        )
    return traces


def _without(rows: Sequence[Row], date: dt.date, context: Context) -> dict[str, Any]:
    """Return the countries without a figure: grey, and labelled so."""
    codes = sorted(outlined() - {row["country"] for row in rows})
    named = context.language.countries
    said = [context.say("map.without", country=named.get(code, code), date=date) for code in codes]
    return _shapes(codes, context.say("no-figure"), theme.NO_FIGURE, hoverinfo="text", hovertext=said)


def class_labels(context: Context) -> list[str]:
    """Return the classes in words: fewer than the second bound, from bound to bound, the last bound or more."""
    amounts = [parts.plain(entry.lower, context) for entry in theme.map_classes()]
    between = [context.say("map.between", low=low, high=high) for low, high in itertools.pairwise(amounts[1:])]
    return [context.say("map.fewer", high=amounts[1]), *between, context.say("map.or-more", low=amounts[-1])]


def _many(places: Sequence[Row], context: Context) -> str:
    """Return how many countries are in the highest class."""
    top = len(theme.map_classes()) - 1
    many = sum(1 for row in places if class_of(row["displaced_across"]) == top)
    return context.tell("title-many", n=many, amount=parts.plain(theme.map_classes()[top].lower, context))


def class_of(persons: int) -> int:
    """Return the position of the class that holds a number of persons."""
    return max(index for index, entry in enumerate(theme.map_classes()) if persons >= entry.lower)


def _shapes(codes: Sequence[str], label: str, colour: str, **own: Any) -> dict[str, Any]:
    return {
        "type": "choropleth",
        "locationmode": "ISO-3",
        "locations": list(codes),
        "z": [1] * len(codes),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, colour], [1, colour]],
        "showscale": False,
        "showlegend": True,
        "name": label,
        "marker": {"line": {"color": theme.GROUND, "width": 0.6}},
        **own,
    }


def _places(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] not in ("unknown", "stateless")]


def _nowhere(rows: Sequence[Row], context: Context) -> tuple[str, ...]:
    """Return the sentence about people who have no place on the map; none where there is nobody."""
    language = context.language
    placed = {row["country"] for row in _places(rows)}
    found = [
        f"{language.country(row['country'])} {language.amount(row['displaced_across'])}"
        for row in rows
        if row["country"] not in placed
    ]
    return (context.say("map.nowhere", people=language.listed(found)),) if found else ()
