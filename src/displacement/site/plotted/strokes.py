"""Single shapes as SVG: a rule, a bar, a point, a label. Colours are named so that a dark page can replace them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from displacement.charts.direction import BREAK

DASHES = {"dot": "2 4", "dash": "8 6", "dashdot": "8 4 2 4"}
LEADING = 1.3
INK, QUIET, RULE, GREY = "#1B2733", "#56636F", "#D9DEE3", "#B4BCC4"
"""What plotly.js would be told by the house theme; stands where a figure says nothing."""


def colour(value: str) -> str:
    """Return a colour that a style sheet may replace on a dark ground."""
    return f"var(--k{value[1:].lower()},{value})" if value.startswith("#") else value


def rule(start: tuple[float, float], end: tuple[float, float], stroke: str, width: float, dash: str = "") -> str:
    """Return a straight line."""
    (x0, y0), (x1, y1) = start, end
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour(stroke)}" '
        f'stroke-width="{width}"{dash}/>'
    )


def dashed(line: Mapping[str, Any]) -> str:
    """Return the attribute of a dashed line; empty for a solid one."""
    dash = DASHES.get(line.get("dash", ""))
    return f' stroke-dasharray="{dash}"' if dash else ""


def box(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    """Return a rectangle; what is there is seen, however small it is."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{max(height, 0.5):.1f}" '
        f'fill="{colour(fill)}"{more}/>'
    )


def point(x: float, y: float, size: float, fill: str, more: str, *, square: bool) -> str:
    """Return a point: round, or square."""
    if square:
        return box(x - size / 2, y - size / 2, size, size, fill, more)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2}" fill="{colour(fill)}"{more}/>'


def label(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    stands: str = "middle",
    font: Mapping[str, Any] | None = None,
    halo: bool = False,
) -> str:
    """Return a label of one or more lines, each bold where it says so; whatever else it holds is text.

    Args:
        text: the label, in the little HTML that plotly.js reads.
        x: where it is anchored.
        y: where it is anchored.
        anchor: what stands at x: its start, middle or end.
        stands: what of it is at y: its top, middle or bottom.
        font: its colour and size.
        halo: whether a rim of the ground keeps it apart from what is behind.
    """
    size = (font or {}).get("size", 14)
    lines, step = text.split(BREAK), size * LEADING
    highest = {"top": y + size, "bottom": y - step * (len(lines) - 1) - size * 0.2}
    first = highest.get(stands, y + size * 0.35 - step * (len(lines) - 1) / 2)
    spans = "".join(_line(line, x, first + number * step) for number, line in enumerate(lines))
    rim = ' class="halo"' if halo else ""
    fill = colour((font or {}).get("color", INK))
    return f'<text text-anchor="{anchor}" font-size="{size}" fill="{fill}"{rim}>{spans}</text>'


def _line(text: str, x: float, y: float) -> str:
    weight = ' font-weight="700"' if "<b>" in text else ""
    plain = html.escape(html.unescape(re.sub(r"</?(?:b|i|span)\b[^>]*>", "", text)))
    return f'<tspan x="{x:.1f}" y="{y:.1f}"{weight}>{plain}</tspan>'


def plain(value: float) -> str:
    """Return a number as an axis without texts of its own says it."""
    return f"{value:g}" if abs(value) < 100_000 else f"{value:,.0f}"
