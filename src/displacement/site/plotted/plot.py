"""A figure with axes: rules, bars, lines and points, marks and labels, in the order in which they lie on each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Any

from displacement.site.plotted import strokes
from displacement.site.plotted.scales import Axis, Scales

Part = Mapping[str, Any]
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
BLUE = "#0072BC"


class Plot:
    """A figure while it is drawn."""

    def __init__(self, figure: Part, width: int, height: int) -> None:
        """Take a figure as plotly.js reads it, and its size in pixels."""
        self.data, self.layout = figure["data"], figure["layout"]
        self.scales = Scales(self.data, self.layout, width, height)
        self._feet: dict[Any, float] = {}

    def drawn(self) -> str:
        """Return everything within the figure."""
        bars = [self._bars(trace) for trace in self.data if trace["type"] == "bar"]
        lines = [self._line(trace) for trace in self.data if trace["type"] == "scatter"]
        labels = [self._annotation(one) for one in self.layout.get("annotations", ())]
        return "".join(
            [self._grid(), self._shapes("below"), *bars, *lines, self._shapes("above"), self._ticks(), *labels]
        )

    # --- axes ---------------------------------------------------------------------------------------------------------

    def _grid(self) -> str:
        parts = []
        for name in self.scales.names:
            axis = self.scales.axis(name)
            spec = axis.spec
            if spec.get("visible", True) and spec.get("showgrid", True):
                stroke, width = spec.get("gridcolor", strokes.RULE), spec.get("gridwidth", 1)
                parts += [self._rule(name, place, stroke, width) for place, _ in axis.ticks()]
            if spec.get("zeroline") and min(axis.low, axis.high) <= 0 <= max(axis.low, axis.high):
                parts.append(self._rule(name, axis.at(0), spec.get("zerolinecolor", strokes.QUIET), 1))
        return "".join(parts)

    def _rule(self, name: str, place: float, stroke: str, width: float) -> str:
        begin, end = self.scales.across(name)
        if name[0] == "x":
            return strokes.rule((place, begin), (place, end), stroke, width)
        return strokes.rule((begin, place), (end, place), stroke, width)

    def _ticks(self) -> str:
        parts = []
        for name in self.scales.names:
            axis = self.scales.axis(name)
            if axis.spec.get("visible", True) and axis.spec.get("showticklabels", True):
                parts += [self._tick(name, axis.spec, place, text) for place, text in axis.ticks()]
        return "".join(parts)

    def _tick(self, name: str, spec: Part, place: float, text: str) -> str:
        start, _ = self.scales.across(name)
        font = {"color": strokes.QUIET, **spec.get("tickfont", {})}
        if name[0] == "y":
            return strokes.label(text, start - 6, place, anchor="end", font=font)
        length = spec.get("ticklen", 5) if spec.get("ticks") == "outside" else 0
        mark = strokes.rule((place, start), (place, start + length), spec.get("tickcolor", strokes.GREY), 1)
        return mark + strokes.label(text, place, start + length + 4, anchor="middle", stands="top", font=font)

    # --- traces -------------------------------------------------------------------------------------------------------

    def _bars(self, trace: Part) -> str:
        lying = trace.get("orientation") == "h"
        across, up = self.scales.pair(trace)
        along, amount = (up, across) if lying else (across, up)
        places, values = (trace["y"], trace["x"]) if lying else (trace["x"], trace["y"])
        thick = self._thickness(trace, along, places)
        parts = []
        for number, (place, value) in enumerate(zip(places, values, strict=True)):
            if value is None:
                continue
            base = self._base(trace, number, along, place, value)
            begin, end = sorted((amount.at(base), amount.at(base + value)))
            middle = along.at(place)
            fill = _of(trace.get("marker", {}), "color", number, BLUE)
            rim = _rim(trace.get("marker", {}), number, fill)
            if lying:
                parts.append(strokes.box(begin, middle - thick / 2, end - begin, thick, fill, rim))
            else:
                parts.append(strokes.box(middle - thick / 2, begin, thick, end - begin, fill, rim))
            parts.append(_bar_text(trace, number, (begin, end, middle), lying=lying, rises=value >= 0))
        return "".join(parts)

    def _thickness(self, trace: Part, along: Axis, places: Any) -> float:
        centres = sorted({along.at(place) for place in places})
        step = min((b - a for a, b in pairwise(centres)), default=along.unit)
        if trace.get("width"):
            return float(trace["width"]) * along.unit
        return step * (1 - float(self.layout.get("bargap", 0.2)))

    def _base(self, trace: Part, number: int, along: Axis, place: Any, value: float) -> float:
        if trace.get("base") is not None:
            return float(_of(trace, "base", number, 0))
        if self.layout.get("barmode") not in ("stack", "relative"):
            return 0.0
        key = (id(along), place, value < 0)
        foot = self._feet.get(key, 0.0)
        self._feet[key] = foot + value
        return foot

    def _line(self, trace: Part) -> str:
        across, up = self.scales.pair(trace)
        mode = trace.get("mode", "lines")
        points = [
            None if x is None or y is None else (across.at(x), up.at(y))
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        there = [(number, point) for number, point in enumerate(points) if point is not None]
        parts = []
        if "lines" in mode:
            runs = groupby(enumerate(there), key=lambda pair: pair[1][0] - pair[0])  # whose numbers follow each other
            path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for _, (_, (x, y)) in run) for _, run in runs)
            line = trace.get("line", {})
            parts.append(
                f'<path d="{path}" fill="none" stroke="{strokes.colour(line.get("color", BLUE))}" '
                f'stroke-width="{line.get("width", 2)}" stroke-linejoin="round"{strokes.dashed(line)}/>'
            )
        if "markers" in mode:
            parts += [_point(trace, number, point) for number, point in there]
        if "text" in mode:
            parts += [_point_text(trace, number, point) for number, point in there]
        return "".join(parts)

    # --- marks and labels ---------------------------------------------------------------------------------------------

    def _shapes(self, layer: str) -> str:
        parts = []
        for shape in self.layout.get("shapes", ()):
            if shape.get("layer", "above") != layer:
                continue
            (x0, x1), (y0, y1) = (self._ends(shape, side) for side in "xy")
            line = shape.get("line", {})
            if shape["type"] == "rect":
                more = f' opacity="{shape.get("opacity", 1)}"'
                fill = shape.get("fillcolor", "none")
                parts.append(strokes.box(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), fill, more))
            elif shape["type"] == "line":
                stroke, width = line.get("color", strokes.QUIET), line.get("width", 1)
                parts.append(strokes.rule((x0, y0), (x1, y1), stroke, width, strokes.dashed(line)))
        return "".join(parts)

    def _ends(self, shape: Part, side: str) -> tuple[float, float]:
        reference = shape.get(f"{side}ref", side)
        if shape.get(f"{side}sizemode") == "pixel":
            anchor = self.scales.place(shape[f"{side}anchor"], reference, side)
            sign = 1 if side == "x" else -1
            return anchor + sign * shape[f"{side}0"], anchor + sign * shape[f"{side}1"]
        begin, end = (self.scales.place(shape[f"{side}{number}"], reference, side) for number in (0, 1))
        return begin, end

    def _annotation(self, one: Part) -> str:
        x = self.scales.place(one["x"], one.get("xref", "x"), "x") + one.get("xshift", 0)
        y = self.scales.place(one["y"], one.get("yref", "y"), "y") - one.get("yshift", 0)
        tie = ""
        if one.get("showarrow", True):
            tip, (x, y) = (x, y), (self._tail(one, "x", x), self._tail(one, "y", y))
            tie = _tie(one, (x, y), tip)
            x += {"left": 3, "right": -3}.get(one.get("xanchor", ""), 0)
        return tie + strokes.label(
            one["text"],
            x,
            y,
            anchor=ANCHORS.get(one.get("xanchor", "center"), "middle"),
            stands=one.get("yanchor", "middle"),
            font=one.get("font"),
            halo="bgcolor" in one,
        )

    def _tail(self, one: Part, side: str, tip: float) -> float:
        """Return where the rule of a label begins: at a value, or so many pixels from its tip."""
        away = one.get(f"a{side}", 0)
        reference = one.get(f"a{side}ref", "pixel")
        return tip + away if reference == "pixel" else self.scales.place(away, reference, side)


def _tie(one: Part, tail: tuple[float, float], tip: tuple[float, float]) -> str:
    length = max(((tail[0] - tip[0]) ** 2 + (tail[1] - tip[1]) ** 2) ** 0.5, 1)
    part = one.get("standoff", 0) / length
    end = (tip[0] + (tail[0] - tip[0]) * part, tip[1] + (tail[1] - tip[1]) * part)
    return strokes.rule(tail, end, one.get("arrowcolor", strokes.GREY), one.get("arrowwidth", 1))


def _point(trace: Part, number: int, place: tuple[float, float]) -> str:
    marker = trace.get("marker", {})
    fill = _of(marker, "color", number, trace.get("line", {}).get("color", BLUE))
    more = _rim(marker, number, fill)
    square = str(_of(marker, "symbol", number, "circle")).startswith("square")
    return strokes.point(*place, _of(marker, "size", number, 6), fill, more, square=square)


def _rim(marker: Part, number: int, fill: str) -> str:
    """Return the outline of a bar or point; empty where it has none."""
    outline = marker.get("line", {})
    stroke, width = _of(outline, "color", number, fill), _of(outline, "width", number, 0)
    return f' stroke="{strokes.colour(stroke)}" stroke-width="{width}"' if width else ""


def _point_text(trace: Part, number: int, place: tuple[float, float]) -> str:
    text = _of(trace, "text", number, "")
    up, side = str(_of(trace, "textposition", number, "middle center")).split(" ")
    x = place[0] + {"left": -6, "center": 0, "right": 6}[side]
    y = place[1] + {"top": -6, "middle": 0, "bottom": 6}[up]
    anchor = {"left": "end", "center": "middle", "right": "start"}[side]
    stands = {"top": "bottom", "middle": "middle", "bottom": "top"}[up]
    return strokes.label(text, x, y, anchor=anchor, stands=stands, font=_font(trace, number)) if text else ""


def _bar_text(trace: Part, number: int, bar: tuple[float, float, float], *, lying: bool, rises: bool) -> str:
    text = _of(trace, "text", number, "")
    if not text or trace.get("textposition") != "outside":
        return ""
    begin, end, middle = bar
    font = _font(trace, number)
    if lying:
        return strokes.label(
            text, end + 4 if rises else begin - 4, middle, anchor="start" if rises else "end", font=font
        )
    y, stands = (begin - 4, "bottom") if rises else (end + 4, "top")
    return strokes.label(text, middle, y, anchor="middle", stands=stands, font=font)


def _font(trace: Part, number: int) -> dict[str, Any]:
    font = trace.get("textfont", {})
    return {"color": _of(font, "color", number, strokes.INK), "size": _of(font, "size", number, 14)}


def _of(part: Part, name: str, number: int, otherwise: Any) -> Any:
    """Return a setting of one point: the same for all, or one of a list."""
    value = part.get(name, otherwise)
    return value[number] if isinstance(value, list | tuple) else value
