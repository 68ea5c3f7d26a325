"""Small multiples: several plots in one picture, in columns on a page and below each other on a phone.

What each panel shows is the families' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import theme

TITLE_ROOM = 26
"""Height above a panel in which its title stands, in pixels."""
AXIS_ROOM = 42


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: its title, its axes beyond where they stand, and the suffix by which traces name its axes."""

    title: str
    xaxis: dict[str, Any]
    yaxis: dict[str, Any]


def suffix(index: int) -> str:
    """Return what the names of the axes of a panel end with: nothing for the first."""
    return "" if index == 0 else str(index + 1)


def axes(index: int) -> dict[str, str]:
    """Return the axes of a panel, for its traces and annotations."""
    return {"xaxis": f"x{suffix(index)}", "yaxis": f"y{suffix(index)}"}


def grid(
    panels: Sequence[Panel], columns: int, height: float, gap: float = 0.05, title_width: float | None = None
) -> dict[str, Any]:
    """Return the axes of all panels with the place of each, and their titles.

    Args:
        panels: what stands in them, row by row.
        columns: how many stand beside each other.
        height: of the plotting area in pixels, titles and axes of rows below the first within it.
        gap: between two columns, as a share of the width.
        title_width: where titles are broken into two lines, in pixels; None: they fit.
    """
    rows = -(-len(panels) // columns)
    width = (1 - gap * (columns - 1)) / columns
    between = (TITLE_ROOM + AXIS_ROOM + (0 if title_width is None else 18)) / height
    tall = (1 - between * (rows - 1)) / rows
    layout: dict[str, Any] = {"annotations": []}
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        left, top = column * (width + gap), 1 - row * (tall + between)
        end = suffix(index)
        layout[f"xaxis{end}"] = {**panel.xaxis, "domain": [left, min(1, left + width)], "anchor": f"y{end}"}
        layout[f"yaxis{end}"] = {**panel.yaxis, "domain": [max(0, top - tall), top], "anchor": f"x{end}"}
        lines = [panel.title] if title_width is None else theme.wrapped(panel.title, theme.TEXT, title_width)
        layout["annotations"].append(
            theme.text(
                "<br>".join(f"<b>{line}</b>" for line in lines),
                xref="paper",
                yref="paper",
                x=left,
                y=top,
                yanchor="bottom",
                yshift=6,
                font={"size": theme.TEXT, "color": theme.INK},
            )
        )
    return layout
