"""A chart of the catalogue as a plain SVG, drawn without a browser: what a page shows before or without scripts.

It reads the figures that plotly.js reads, as far as the charts make use of them: lines, points, bars, bands between
places; axes, rules, marks and labels. How things look is decided there; nothing is decided here. `scales` turns
values into pixels, `strokes` writes single shapes, `bands` draws what has no axes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from displacement.site.plotted.bands import bands
from displacement.site.plotted.plot import Plot
from displacement.site.plotted.strokes import colour

__all__ = ["colour", "merged", "svg"]


def svg(
    figure: Mapping[str, Any], width: int, height: int, narrow: Mapping[str, Any] | None = None, *, words: bool = True
) -> str:
    """Return a figure as SVG of a width and a height.

    Args:
        figure: traces and layout, as plotly.js reads them.
        width: in pixels, in which the sizes of type are meant.
        height: in pixels.
        narrow: what differs on a narrow screen, if the figure is drawn for one.
        words: whether it bears its labels; a small picture of it is without.
    """
    drawn = merged(figure, narrow) if narrow else figure
    if any(trace["type"] == "sankey" for trace in drawn["data"]):
        inner = "".join(bands(trace, drawn["layout"]["margin"], width, height) for trace in drawn["data"])
    else:
        inner = Plot(drawn, width, height).drawn()
    if not words:
        inner = re.sub(r"<text.*?</text>", "", inner, flags=re.DOTALL)
    return (
        f'<svg class="plotted" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true" '
        f'focusable="false">{inner}</svg>'
    )


def merged(figure: Mapping[str, Any], narrow: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure with what differs on a narrow screen: objects are merged, anything else is replaced."""
    own = {int(place): trace for place, trace in narrow["data"].items()}
    data = [_merged(trace, own.get(place)) for place, trace in enumerate(figure["data"])]
    return {"data": data, "layout": _merged(figure["layout"], narrow["layout"])}


def _merged(wide: Any, own: Any) -> Any:
    if own is None:
        return wide
    if not isinstance(own, Mapping) or not isinstance(wide, Mapping):
        return own
    return {**wide, **{name: _merged(wide.get(name), value) for name, value in own.items()}}
