"""The frame of an exported picture: title and subtitle above the plot, notes and source below it, in two sizes.

A picture for a report is as high as its chart needs, one for social media has a fixed size and fewer words. What the
plot shows is decided before; colours and type are `theme`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from displacement.charts import theme
from displacement.charts.chart import Chart, Figure
from displacement.charts.direction import BREAK, directed

if TYPE_CHECKING:
    from displacement.charts.chart import Drawing


@dataclass(frozen=True, slots=True)
class Size:
    """A size of pictures.

    Attributes:
        width: in pixels of the page, in which type is measured.
        density: pixels of a PNG for each of those.
        height: None where it follows from the chart.
        brief: whether the notes are left out, for the source alone.
    """

    width: int
    density: float
    height: int | None = None
    brief: bool = False


SIZES = {"report": Size(1040, 2), "social": Size(960, 1.25, height=504, brief=True)}
"""Report: 2,080 pixels wide. Social: 1,200 by 630 pixels, which is what links are shown with."""

GAP = 8
"""Between title and subtitle, and between plot and caption."""


def picture(chart: Chart, size: str = "report") -> Figure:
    """Return the figure of the exported picture: everything the page shows, title, subtitle and caption included."""
    kind = SIZES[size]
    titles, subtitles, captions = _texts(chart.drawing, chart.source, chart.name, kind)
    above, below = _frame(titles, subtitles, captions)
    own = chart.drawing.layout
    margin = own["margin"]
    right = chart.context.language.direction == "rtl"
    top = margin["t"] + above - theme.PAD
    annotations = [
        _block([f"<b>{line}</b>" for line in titles], theme.TITLE, theme.INK, y=1, yanchor="top", yshift=top),
        _block(
            subtitles,
            theme.LARGE,
            theme.QUIET,
            y=1,
            yanchor="top",
            yshift=top - round(len(titles) * theme.TITLE * theme.LEADING) - GAP,
        ),
        _block(
            captions, theme.SMALL, theme.QUIET, y=0, yanchor="bottom", yshift=-margin["b"] - below + theme.PAD - GAP
        ),
    ]
    for annotation in annotations:
        side = {"x": 1, "xanchor": "right", "align": "right", "xshift": margin["r"] - theme.PAD}
        annotation |= side if right else {"xshift": theme.PAD - margin["l"]}
    layout = {
        **own,
        "autosize": False,
        "width": kind.width,
        "height": kind.height or above + chart.context.height + below,
        "margin": {**margin, "t": margin["t"] + above, "b": margin["b"] + below},
        "annotations": [*own.get("annotations", ()), *annotations],
        "meta": {"language": chart.context.language.code},
    }
    return directed({"data": chart.drawing.data, "layout": layout}, chart.context.language.direction)


def frame(chart: Chart, size: str = "report") -> tuple[int, int]:
    """Return the height of what a picture has above its plot and below it: title and subtitle, notes and source."""
    return _frame(*_texts(chart.drawing, chart.source, chart.name, SIZES[size]))


def room(drawing: Drawing, source: str, name: str, size: str) -> int:
    """Return the height that is left for the plot in a picture of fixed height."""
    kind = SIZES[size]
    above, below = _frame(*_texts(drawing, source, name, kind))
    return (kind.height or 0) - above - below


def _texts(drawing: Drawing, source: str, name: str, size: Size) -> tuple[list[str], list[str], list[str]]:
    width = size.width - 2 * theme.PAD
    paragraphs = (source,) if size.brief else (" ".join(drawing.notes), source, f"charts/{name}.html")
    captions = [line for text in paragraphs if text for line in theme.wrapped(text, theme.SMALL, width)]
    return (
        theme.balanced(drawing.title, theme.TITLE, width * 0.95),
        theme.wrapped(drawing.subtitle, theme.LARGE, width),
        captions,
    )


def _frame(titles: Sequence[str], subtitles: Sequence[str], captions: Sequence[str]) -> tuple[int, int]:
    above = theme.PAD + round(len(titles) * theme.TITLE * theme.LEADING) + GAP
    above += round(len(subtitles) * theme.LARGE * theme.LEADING)
    return above, theme.PAD + round(len(captions) * theme.SMALL * theme.LEADING)


def _block(lines: Sequence[str], size: int, colour: str, **own: Any) -> dict[str, Any]:
    placed = {"xref": "paper", "yref": "paper", "x": 0, "font": {"size": size, "color": colour}}
    return theme.text(BREAK.join(lines), **placed, **own)
