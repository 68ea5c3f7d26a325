"""The house theme: colours, type, spacing, axes and labels that every chart shares, and the frame of a picture.

All fixed numbers of how things look live here or in `palette.toml` and `classes.toml`; what is drawn does not.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from displacement.charts import wording
from displacement.charts.chart import Chart, Figure

HERE = Path(__file__).resolve().parent

INK = "#1B2733"
QUIET = "#56636F"
RULE = "#D9DEE3"
GREY = "#B4BCC4"
GROUND = "#FFFFFF"
NO_FIGURE = "#E5E5E5"
HIGHLIGHT = "#0072BC"
FALL = "#C4503C"

FONT = "Lato, 'Helvetica Neue', Arial, sans-serif"
SMALL, TEXT, LARGE, TITLE = 12, 14, 16, 26
LEADING = 1.3
"""Of a line of text, as plotly.js sets it."""

WIDTH = 1040
PAD = 24
LABELS = 190
"""Width of the margin in which labels stand at the ends of bars and lines."""
LABEL_GAP = 18
"""Least distance between two such labels, in pixels."""
NARROW_LABEL_GAP = 16

# How many characters fit into a picture's width: Lato's letters are on average about half as wide as they are high.
TITLE_CHARACTERS = 74
SUBTITLE_CHARACTERS = 140
CAPTION_CHARACTERS = 170


@dataclass(frozen=True, slots=True)
class PopulationType:
    """How a population type is named and coloured."""

    label: str
    phrase: str
    colour: str
    dark: str
    marked: bool


@dataclass(frozen=True, slots=True)
class MapClass:
    """A class of the maps: persons from `lower` to the next class."""

    lower: int
    label: str
    colour: str


@cache
def palette() -> dict[str, PopulationType]:
    """Return the population types in stacking order."""
    spec = tomllib.loads((HERE / "palette.toml").read_text(encoding="utf-8"))
    return {name: PopulationType(**values) for name, values in spec.items()}


@cache
def map_classes() -> tuple[MapClass, ...]:
    """Return the classes of the maps, smallest first."""
    spec = tomllib.loads((HERE / "classes.toml").read_text(encoding="utf-8"))
    return tuple(MapClass(entry["from"], entry["label"], entry["colour"]) for entry in spec["class"])


def layout(**own: Any) -> dict[str, Any]:
    """Return the layout every chart starts from: white, no box, light horizontal rules; `own` settings come on top."""
    return {
        "font": {"family": FONT, "size": TEXT, "color": INK},
        "paper_bgcolor": GROUND,
        "plot_bgcolor": GROUND,
        "margin": {"l": 48, "r": PAD, "t": PAD, "b": 40},
        "autosize": True,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": GROUND,
            "bordercolor": INK,
            "font": {"family": FONT, "size": TEXT, "color": INK},
            "align": "left",
            "namelength": 0,
        },
        **own,
    }


def time_axis(first: float, last: float, **own: Any) -> dict[str, Any]:
    """Return an axis of years, without rules of its own."""
    return {
        "range": [first, last],
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": GREY,
        "tickfont": {"color": QUIET},
        "tickformat": "d",
        "fixedrange": True,
        **own,
    }


def amount_axis(highest: float, **own: Any) -> dict[str, Any]:
    """Return an axis of amounts from zero: light rules and a thin zero line."""
    return {
        "range": [0, highest * 1.005],  # the highest rule lies inside
        "gridcolor": RULE,
        "gridwidth": 1,
        "zeroline": True,
        "zerolinecolor": QUIET,
        "zerolinewidth": 1,
        "showline": False,
        "tickfont": {"color": QUIET},
        "fixedrange": True,
        **own,
    }


def text(content: str, **own: Any) -> dict[str, Any]:
    """Return a label: text without an arrow, left-aligned."""
    return {"text": content, "showarrow": False, "align": "left", "xanchor": "left", "font": {"size": TEXT}, **own}


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Return the positions moved apart until any two are at least `gap` from each other, as little as it takes.

    Labels that would overlap form a block around the mean of where they want to be; blocks that meet are joined.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    blocks: list[tuple[float, int]] = []  # lowest position, number of labels
    for index in order:
        low, count = positions[index], 1
        while blocks and low < blocks[-1][0] + blocks[-1][1] * gap:
            before, size = blocks.pop()
            centre = ((before + (size - 1) * gap / 2) * size + (low + (count - 1) * gap / 2) * count) / (size + count)
            count += size
            low = centre - (count - 1) * gap / 2
        blocks.append((low, count))
    placed = [low + step * gap for low, count in blocks for step in range(count)]
    moved = [0.0] * len(positions)
    for index, position in zip(order, placed, strict=True):
        moved[index] = round(position, 6)
    return moved


def end_labels(
    ends: Sequence[tuple[float, float, str, str]], *, label_x: float, pixels_per_unit: float, gap: float = LABEL_GAP
) -> list[dict[str, Any]]:
    """Return labels at the ends of lines, moved apart, each tied to its line by a thin rule.

    Args:
        ends: for each line the x and y of its end, the text, and the colour of the text.
        label_x: where the labels begin, on the x axis.
        pixels_per_unit: how high one unit of the y axis is drawn.
        gap: the least distance between two labels, in pixels.
    """
    heights = spread([y for _, y, _, _ in ends], gap / pixels_per_unit)
    return [
        text(
            label,
            x=x,
            y=y,
            ax=label_x,
            ay=height,
            axref="x",
            ayref="y",
            xanchor="left",
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=GREY,
            standoff=5,
            font={"size": TEXT, "color": colour},
        )
        for (x, y, label, colour), height in zip(ends, heights, strict=True)
    ]


def picture(chart: Chart) -> Figure:
    """Return the figure of the exported picture: everything the page shows, title, subtitle and caption included."""
    titles = wording.wrapped(chart.title, TITLE_CHARACTERS)
    subtitles = wording.wrapped(chart.drawing.subtitle, SUBTITLE_CHARACTERS)
    captions = [
        line
        for paragraph in (chart.note, chart.source, f"charts/{chart.name}.html")
        for line in wording.wrapped(paragraph, CAPTION_CHARACTERS)
        if line
    ]
    above, below = picture_frame(chart)
    own = chart.drawing.layout
    margin = own["margin"]
    annotations = [
        _block([f"<b>{line}</b>" for line in titles], TITLE, INK, y=1, yanchor="top", yshift=margin["t"] + above - PAD),
        _block(
            subtitles,
            LARGE,
            QUIET,
            y=1,
            yanchor="top",
            yshift=margin["t"] + above - PAD - round(len(titles) * TITLE * LEADING) - 8,
        ),
        _block(captions, SMALL, QUIET, y=0, yanchor="bottom", yshift=-margin["b"] - below + PAD - 8),
    ]
    for annotation in annotations:
        annotation["xshift"] = PAD - margin["l"]
    return {
        "data": chart.drawing.data,
        "layout": {
            **own,
            "autosize": False,
            "width": WIDTH,
            "height": above + chart.declaration.height + below,
            "margin": {**margin, "t": margin["t"] + above, "b": margin["b"] + below},
            "annotations": [*own.get("annotations", ()), *annotations],
        },
    }


def picture_frame(chart: Chart) -> tuple[int, int]:
    """Return the height of what a picture has above its plot and below it: title and subtitle, note and source."""
    titles = len(wording.wrapped(chart.title, TITLE_CHARACTERS))
    subtitles = len(wording.wrapped(chart.drawing.subtitle, SUBTITLE_CHARACTERS))
    captions = sum(len(wording.wrapped(paragraph, CAPTION_CHARACTERS)) for paragraph in (chart.note, chart.source)) + 1
    above = PAD + round(titles * TITLE * LEADING) + 8 + round(subtitles * LARGE * LEADING)
    return above, PAD + round(captions * SMALL * LEADING)


def _block(lines: Sequence[str], size: int, colour: str, **own: Any) -> dict[str, Any]:
    placed = {"xref": "paper", "yref": "paper", "x": 0, "font": {"size": size, "color": colour}}
    return text("<br>".join(lines), **placed, **own)
