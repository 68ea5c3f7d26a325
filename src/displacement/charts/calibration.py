"""How often ranges of projections held what followed, beside how often they promised to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from displacement.charts import theme
from displacement.charts.direction import directed
from displacement.language import Language

RANGES: Mapping[str, tuple[float, str]] = {
    "coverage_50": (0.5, theme.GROUND),
    "coverage_80": (0.8, theme.HIGHLIGHT),
}
"""The share each range promises, and the colour of its dots within their rim."""
ROW_HEIGHT = 62
"""Of a group of cases: two lines of words and its dots, in pixels."""


def calibration(rows: Sequence[Mapping[str, Any]], names: Sequence[str], language: Language) -> dict[str, Any]:
    """Return a Plotly figure with a row for each group of cases: a dot where a range held, a mark where it promised to.

    Args:
        rows: groups of cases, with the columns of `RANGES`.
        names: what each is called, in two lines.
        language: in which shares are written.
    """
    missed = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [promised, row[column]],
            "y": [place, place],
            "line": {"color": theme.GREY, "width": 5},
        }
        for place, row in enumerate(rows)
        for column, (promised, _) in RANGES.items()
    ]
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [row[column] for row in rows],
            "y": list(range(len(rows))),
            "marker": {"color": fill, "size": 11, "line": {"color": theme.HIGHLIGHT, "width": 2}},
        }
        for column, (_, fill) in RANGES.items()
    ]
    places = [0, *(promised for promised, _ in RANGES.values()), 1]
    layout = theme.layout(
        margin={"l": 20, "r": 24, "t": 4, "b": 28},
        xaxis={
            "range": [0, 1],
            "tickvals": places,
            "ticktext": [language.share(place) for place in places],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"range": [len(rows) - 0.7, -0.9], "visible": False},
        shapes=[
            {
                "x0": promised,
                "x1": promised,
                "y0": place - 0.12,
                "y1": place + 0.12,
                "line": {"color": theme.INK, "width": 1.5},
            }
            for place in range(len(rows))
            for promised, _ in RANGES.values()
        ],
        annotations=[theme.text(name, x=0, y=place, yanchor="bottom", yshift=11) for place, name in enumerate(names)],
    )
    return directed({"data": [*missed, *dots], "layout": layout}, language.direction)
