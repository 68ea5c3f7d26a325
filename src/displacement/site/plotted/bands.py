"""Bands between places, on the left those people left, on the right those they are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from displacement.site.plotted import strokes

GAP = 6
"""Between a place and its label."""


def bands(trace: Mapping[str, Any], margin: Mapping[str, int], width: int, height: int) -> str:
    """Return a trace of bands as plotly.js reads it, as SVG; places stand in the order in which they are listed."""
    link, node = trace["link"], trace["node"]
    flows = list(zip(link["source"], link["target"], link["value"], link["color"], strict=True))
    sides = {source: 0 for source, *_ in flows} | {target: 1 for _, target, *_ in flows}
    sums = {place: sum(flow[2] for flow in flows if flow[side] == place) for place, side in sides.items()}
    pad, thick = node.get("pad", 14), node.get("thickness", 12)
    most = max(list(sides.values()).count(side) for side in (0, 1))
    scale = (height - margin["t"] - margin["b"] - pad * (most - 1)) / sum(flow[2] for flow in flows)
    left, right = margin["l"], width - margin["r"]
    tops: dict[int, float] = {}
    foot = {0: float(margin["t"]), 1: float(margin["t"])}
    drawn = []
    for place, side in sorted(sides.items()):
        high = sums[place] * scale
        tops[place] = foot[side]
        drawn.append(strokes.box(left if side == 0 else right - thick, foot[side], thick, high, node["color"][place]))
        drawn.append(
            strokes.label(
                node["label"][place],
                left + thick + GAP if side == 0 else right - thick - GAP,
                foot[side] + high / 2,
                anchor="start" if side == 0 else "end",
                halo=True,
            )
        )
        foot[side] += high + pad
    return "".join([*_ribbons(flows, tops, scale, left + thick, right - thick), *drawn])


def _ribbons(flows: list[Any], tops: Mapping[int, float], scale: float, left: float, right: float) -> list[str]:
    used, middle = dict(tops), (left + right) / 2
    drawn = []
    for source, target, value, fill in flows:
        high, a, b = value * scale, used[source], used[target]
        used[source] += high
        used[target] += high
        drawn.append(
            f'<path d="M{left} {a:.1f}C{middle} {a:.1f} {middle} {b:.1f} {right} {b:.1f}v{high:.1f}'
            f'C{middle} {b + high:.1f} {middle} {a + high:.1f} {left} {a + high:.1f}z" fill="{strokes.colour(fill)}"/>'
        )
    return drawn
