"""Maps of people displaced across borders, by country of origin and by country of asylum, in five named classes.

A country without a figure is grey and says so; it is never the lightest blue.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from displacement.charts import theme, wording
from displacement.charts.chart import Context, Drawing, Key, Row

OUTLINES = Path(__file__).resolve().parent / "assets" / "world_110m.js"
ROTATION = 10
"""The longitude in the middle of the map; it keeps Chukotka in one piece."""


def map_origins(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries from which people are displaced across borders."""
    places = _places(rows)
    many = _in_highest_class(places)
    return _map(
        rows,
        context,
        title=f"People displaced across borders come from {len(places)} countries and territories; "
        f"{wording.counted(len(many), 'is', 'are')} the origin of {_highest()} each",
        subtitle="by country of origin",
        of="from",
    )


def map_hosts(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries in which people displaced across borders are."""
    places = _places(rows)
    many = _in_highest_class(places)
    return _map(
        rows,
        context,
        title=f"{len(places)} countries and territories host people displaced across borders; "
        f"{wording.counted(len(many), 'hosts', 'host')} {_highest()}{'' if len(many) == 1 else ' each'}",
        subtitle="by country of asylum",
        of="in",
    )


@cache
def outlined() -> frozenset[str]:
    """Return the codes of the countries whose outlines the map has."""
    script = OUTLINES.read_text(encoding="utf-8")
    outlines = json.loads(script[script.index("{", script.index("world_110m =")) : script.rindex("}") + 1])
    return frozenset(shape["id"] for shape in outlines["objects"]["countries"]["geometries"])


def _map(rows: Sequence[Row], context: Context, *, title: str, subtitle: str, of: str) -> Drawing:
    date = rows[0]["reference_date"]
    drawn = [row for row in rows if row["country"] in outlined()]
    too_small = len(_places(rows)) - len([row for row in _places(rows) if row["country"] in outlined()])
    without = sorted(outlined() - {row["country"] for row in rows})
    hover = f"{wording.day(date)} · %{{customdata}} people<br>displaced across borders {of} %{{text}} · release "
    traces = [
        _shapes(
            without,
            "no figure",
            theme.NO_FIGURE,
            hoverinfo="text",
            hovertext=[f"{code}: no figure for {wording.day(date)}" for code in without],
        )
    ]
    for index, entry in enumerate(theme.map_classes()):
        part = [row for row in drawn if class_of(row["displaced_across"]) == index]
        traces.append(
            _shapes(
                [row["country"] for row in part],
                entry.label,
                entry.colour,
                text=[row["name"] for row in part],
                customdata=[f"{row['displaced_across']:,}" for row in part],
                hovertemplate=f"{hover}{context.release}<extra></extra>",
            )
        )
    largest = [f"{row['name']} {wording.figure(row['displaced_across'])}" for row in _places(rows)[:5]]
    nowhere = [row for row in rows if row not in _places(rows)]
    return Drawing(
        title=title,
        subtitle=f"People displaced across borders {subtitle}, {wording.day(date)}, persons",
        alt=f"World map of people displaced across borders {subtitle} at {wording.end_of(date)}, in five classes. The "
        f"largest: {wording.listed(largest)}.",
        data=traces,
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
            "Refugees under UNHCR’s mandate, asylum-seekers and others in need of international protection; UNRWA’s "
            "refugees are not among them.",
            f"{wording.sentence(wording.counted(too_small, 'place is', 'places are'))} too small for the map and in "
            "the table only" + _nowhere(nowhere) + ".",
            "Boundaries are for orientation and imply no endorsement.",
        ),
        key=(
            *(Key(entry.label, "", entry.colour) for entry in reversed(theme.map_classes())),
            Key("no figure", "", theme.NO_FIGURE),
        ),
        narrow_layout={"showlegend": False, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}},
    )


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


def _in_highest_class(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if class_of(row["displaced_across"]) == len(theme.map_classes()) - 1]


def _highest() -> str:
    return theme.map_classes()[-1].label


def _nowhere(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    parts = [f"{wording.figure(row['displaced_across'])} {row['name'].lower()}" for row in rows]
    return f", and so are people without a place on it ({wording.listed(parts)})"
