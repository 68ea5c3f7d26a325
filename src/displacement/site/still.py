"""The still picture of a chart: the SVG of its Plotly figure, made without a browser or a script.

It reads what the charts use of a figure: bars, lines and points, bands between places, outlines of countries; axes,
rules, marks, labels and the legend. How things look is decided in `displacement.charts`; nothing is decided here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from typing import Any, NamedTuple

from displacement.charts import theme
from displacement.charts.direction import BREAK
from displacement.site import outlines

Part = Mapping[str, Any]
DASHES = {"dot": "2 4", "dash": "8 6"}
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
GAP = 6
"""Between an axis or a place and its label, in pixels."""
COARSE = 3
"""The grain of the outlines of countries."""


def svg(figure: Part, width: int, height: int, narrow: Part | None = None, *, words: bool = True) -> str:
    """Return a figure as SVG.

    Args:
        figure: traces and layout, as plotly.js reads them.
        width: in pixels, in which the sizes of type are meant.
        height: in pixels.
        narrow: what differs on a narrow screen, if the figure is drawn for one.
        words: whether it has its labels; a small picture of it is without.
    """
    drawn = merged(figure, narrow) if narrow else figure
    kind, classes, box, about = drawn["data"][0]["type"], "plotted", f"0 0 {width} {height}", ""
    if kind == "sankey":
        inner = "".join(_bands(drawn["data"][0], drawn["layout"]["margin"], width, height))
    elif kind == "choropleth":
        classes, box = "plotted map", f"0 0 {outlines.WIDTH} {outlines.height()}"
        inner = "".join(_countries(drawn["data"]))
    else:
        plot = Plot(drawn, width, height)
        inner, about = plot.svg(), plot.about()
    if not words:
        inner = re.sub(r"<text.*?</text>", "", inner, flags=re.DOTALL)
    size = f'viewBox="{box}" width="{width}" height="{height}"'
    return f'<svg class="{classes}" {size}{about} aria-hidden="true" focusable="false">{inner}</svg>'


def merged(figure: Part, narrow: Part) -> dict[str, Any]:
    """Return a figure with what differs on a narrow screen: objects are merged, anything else is replaced.

    >>> merged({"data": [], "layout": {"margin": {"l": 48, "r": 24}}}, {"data": {}, "layout": {"margin": {"l": 8}}})
    {'data': [], 'layout': {'margin': {'l': 8, 'r': 24}}}
    """
    own = {int(place): trace for place, trace in narrow["data"].items()}
    data = [_merged(trace, own.get(place)) for place, trace in enumerate(figure["data"])]
    return {"data": data, "layout": _merged(figure["layout"], narrow["layout"])}


def _merged(wide: Any, own: Any) -> Any:
    if own is None:
        return wide
    if not isinstance(own, Mapping) or not isinstance(wide, Mapping):
        return own
    return {**wide, **{name: _merged(wide.get(name), value) for name, value in own.items()}}


def sign(mark: str, colour: str) -> str:
    """Return the sign of an entry of a key: a square, a line, a dash, a dot or a ring."""
    fill = _colour(colour)
    return {
        "line": f'<rect y="5" width="14" height="4" fill="{fill}"/>',
        "dash": f'<path d="M0 6h5v2h-5zM9 6h5v2h-5z" fill="{fill}"/>',
        "dot": f'<circle cx="7" cy="7" r="4" fill="{fill}"/>',
        "ring": f'<circle cx="7" cy="7" r="4" fill="none" stroke="{fill}" stroke-width="1.5"/>',
    }.get(mark, f'<rect x="1" y="1" width="12" height="12" fill="{fill}"/>')


# --- a figure with axes -----------------------------------------------------------------------------------------------


class Axis(NamedTuple):
    """An axis: which values it spans, and which pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, spec: Part) -> Iterator[tuple[float, str]]:
        """Yield the pixel and the text of each tick that its settings ask for."""
        values, step = spec.get("tickvals"), spec.get("dtick", 1)
        if values is None:
            values = [step * number for number in range(-int(-self.low // step), int(self.high // step) + 1)]
        texts = spec.get("ticktext") or [f"{value:g}" for value in values]
        yield from zip((self.at(value) for value in values), texts, strict=False)


class Plot:
    """A figure while it is drawn."""

    def __init__(self, figure: Part, width: int, height: int) -> None:
        """Take a figure as plotly.js reads it, and its size in pixels."""
        self.data, self.layout = figure["data"], figure["layout"]
        margin = self.layout["margin"]
        self.ends = {
            "x": (float(margin["l"]), float(width - margin["r"])),
            "y": (float(height - margin["b"]), float(margin["t"])),
        }
        names = dict.fromkeys(trace.get(f"{side}axis", side) for trace in self.data for side in "xy")
        self.axes = {name: self._axis(name) for name in names}

    def _spec(self, name: str) -> Part:
        spec: Part = self.layout.get(f"{name[0]}axis{name[1:]}", {})
        return spec

    def _axis(self, name: str) -> Axis:
        spec, (begin, end) = self._spec(name), self.ends[name[0]]
        start, stop = (begin + share * (end - begin) for share in spec.get("domain", (0, 1)))
        low, high = spec["range"]
        return Axis(low, high, start, stop)

    def svg(self) -> str:
        """Return what is within the figure, in the order in which it lies on each other."""
        return "".join(
            [
                *self._rules(),
                *self._bars(),
                *(part for trace in self.data if trace["type"] == "scatter" for part in self._line(trace)),
                *(self._shape(shape) for shape in self.layout.get("shapes", ())),
                *self._ticks(),
                *self._legend(),
                *(self._annotation(one) for one in self.layout.get("annotations", ())),
            ]
        )

    def about(self) -> str:
        """Return which years the plot spans and between which pixels, for a script that reads it."""
        axis = self.axes["x"]
        return f' data-years="{axis.low:g} {axis.high:g}" data-between="{axis.start:g} {axis.end:g}"'

    def _across(self, name: str) -> Axis:
        return self.axes[("y" if name[0] == "x" else "x") + name[1:]]

    def _rules(self) -> Iterator[str]:
        for name, axis in self.axes.items():
            spec, other, rules = self._spec(name), self._across(name), dict[str, list[float]]()
            if spec.get("visible", True) and spec.get("showgrid", True):
                rules[spec.get("gridcolor", theme.RULE)] = [place for place, _ in axis.ticks(spec)]
            if spec.get("zeroline") and min(axis.low, axis.high) <= 0 <= max(axis.low, axis.high):
                rules.setdefault(spec.get("zerolinecolor", theme.QUIET), []).append(axis.at(0))
            for stroke, places in rules.items():
                yield _rules(name, places, other.start, other.end, stroke)

    def _ticks(self) -> Iterator[str]:
        for name, axis in self.axes.items():
            spec = self._spec(name)
            if not spec.get("visible", True) or not spec.get("showticklabels", True):
                continue
            foot, font = self._across(name).start, {"color": theme.QUIET, **spec.get("tickfont", {})}
            ticks = list(axis.ticks(spec))
            if name[0] == "y":
                yield from (_label(text, foot - GAP, place, "end", font=font) for place, text in ticks)
                continue
            length = spec.get("ticklen", 5) if spec.get("ticks") == "outside" else 0
            if length:
                places = [place for place, _ in ticks]
                yield _rules(name, places, foot, foot + length, spec.get("tickcolor", theme.GREY))
            yield from (_label(text, place, foot + length + 4, "middle", "top", font) for place, text in ticks)

    def _bars(self) -> tuple[str, ...]:
        traces = [trace for trace in self.data if trace["type"] == "bar"]
        series = []
        for trace in traces:
            lying, marker = trace.get("orientation") == "h", trace.get("marker", {})
            axes = self.axes[trace.get("xaxis", "x")], self.axes[trace.get("yaxis", "y")]
            along, amount = axes[::-1] if lying else axes
            places, values = (trace["y"], trace["x"]) if lying else (trace["x"], trace["y"])
            colour = marker.get("color", theme.HIGHLIGHT)
            colours = tuple(colour) if isinstance(colour, list) else (colour,) * len(places)
            bases, rim = tuple(trace.get("base", ())), _rim(marker.get("line", {}))
            series.append(Bars(along, amount, lying, tuple(places), tuple(values), bases, colours, rim))
        return _bars(tuple(series), self.layout.get("barmode", ""), self.layout.get("bargap", 0.2))

    def _line(self, trace: Part) -> Iterator[str]:
        across, up = self.axes[trace.get("xaxis", "x")], self.axes[trace.get("yaxis", "y")]
        mode, line, marker = trace.get("mode", "lines"), trace.get("line", {}), trace.get("marker", {})
        points = [
            None if x is None or y is None else (across.at(x), up.at(y))
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        if "lines" in mode:  # a missing point is a gap
            runs = [[point for point in run if point] for there, run in groupby(points, key=bool) if there]
            path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run) for run in runs)
            stroke = f'stroke="{_colour(line.get("color", theme.HIGHLIGHT))}" stroke-width="{line.get("width", 2)}"'
            fill = _colour(trace["fillcolor"]) if trace.get("fill") == "toself" else "none"
            yield f'<path d="{path}" fill="{fill}" {stroke} stroke-linejoin="round"{_dashed(line)}/>'
        for x, y in (point for point in points if point and "markers" in mode):
            size, fill, rim = marker.get("size", 6), _colour(marker.get("color", "")), _rim(marker.get("line", {}))
            if marker.get("symbol") == "square":
                yield f'<path d="{_box(x - size / 2, y - size / 2, size, size)}" fill="{fill}"{rim}/>'
            else:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2:g}" fill="{fill}"{rim}/>'

    def _place(self, value: float, reference: str, side: str) -> float:
        """Return the pixel of a mark or label: on an axis, or as a share of the whole plot."""
        if reference == "paper":
            begin, end = self.ends[side]
            return begin + value * (end - begin)
        return self.axes[reference].at(value)

    def _shape(self, shape: Part) -> str:
        x0, x1 = (self._place(shape[name], shape.get("xref", "x"), "x") for name in ("x0", "x1"))
        if shape.get("ysizemode") == "pixel":
            anchor = self._place(shape["yanchor"], shape.get("yref", "y"), "y")
            y0, y1 = anchor - shape["y0"], anchor - shape["y1"]
        else:
            y0, y1 = (self._place(shape[name], shape.get("yref", "y"), "y") for name in ("y0", "y1"))
        line = shape["line"]
        return _rule((x0, y0), (x1, y1), line["color"], line["width"], _dashed(line))

    def _annotation(self, one: Part) -> str:
        x = self._place(one["x"], one.get("xref", "x"), "x") + one.get("xshift", 0)
        y = self._place(one["y"], one.get("yref", "y"), "y") - one.get("yshift", 0)
        tie = ""
        if one.get("showarrow", True):
            tail = (x + one["ax"], y + one["ay"])
            length = max((one["ax"] ** 2 + one["ay"] ** 2) ** 0.5, 1)
            part = one.get("standoff", 0) / length
            end = (x + (tail[0] - x) * part, y + (tail[1] - y) * part)
            tie = _rule(tail, end, one.get("arrowcolor", theme.GREY), one.get("arrowwidth", 1))
            x, y = tail[0] + 3, tail[1]
        anchor, stands = ANCHORS[one.get("xanchor", "center")], one.get("yanchor", "middle")
        return tie + _label(one["text"], x, y, anchor, stands, one.get("font"), halo="bgcolor" in one)

    def _legend(self) -> Iterator[str]:
        """Yield the traces with a name, one below the other, or one beside the other above the plot."""
        if not self.layout.get("showlegend"):
            return
        legend, named = self.layout["legend"], [trace for trace in self.data if trace.get("showlegend", True)]
        x, y = (self._place(legend[side], "paper", side) for side in "xy")
        if legend.get("orientation") == "h":
            widths = [theme.width_of(trace["name"]) + 40 for trace in named]
            places = [(left, y - 10) for left in accumulate(widths[:-1], initial=x)]
        else:
            places = [(x + GAP, y + 14 + 20 * row) for row in range(len(named))]
        for trace, (left, middle) in zip(named, places, strict=True):
            marker = trace["marker"]
            fill, rim = _colour(_of(marker, "color", 0, "")), _rim(marker.get("line", {}))
            dot = f'<circle cx="{left + 6:.1f}" cy="{middle:.1f}" r="4" fill="{fill}"{rim}/>'
            box = f'<path d="{_box(left, middle - 6, 12, 12)}" fill="{fill}"{rim}/>'
            yield (dot if trace["type"] == "scatter" else box) + _label(trace["name"], left + 20, middle)


class Bars(NamedTuple):
    """The bars of a trace: their axes, whether they lie, and where each is."""

    along: Axis
    amount: Axis
    lying: bool
    places: tuple[float, ...]
    values: tuple[float | None, ...]
    bases: tuple[float, ...]
    colours: tuple[str, ...]
    rim: str


@lru_cache(maxsize=64)
def _bars(series: tuple[Bars, ...], mode: str, gap: float) -> tuple[str, ...]:
    """Return bars as paths, one for each colour of a trace; they are the same in every language.

    A bar is a stroke as wide as it is thick; one with an outline is a box.
    """
    paths: dict[tuple[int, str], list[str]] = {}
    feet: dict[Any, float] = {}
    thicks, beside = [], len(series) if mode == "group" else 1
    for index, bars in enumerate(series):
        along, amount, lying = bars.along, bars.amount, bars.lying
        centres = sorted({along.at(place) for place in bars.places})
        step = min((b - a for a, b in pairwise(centres)), default=abs(along.at(1) - along.at(0)))
        thick = step * (1 - gap) / beside
        thicks.append(thick)
        for number, (place, value) in enumerate(zip(bars.places, bars.values, strict=True)):
            if value is None:
                continue
            key = (along, amount, place, value < 0)
            foot = bars.bases[number] if bars.bases else feet.get(key, 0.0) if mode in ("stack", "relative") else 0.0
            feet[key] = foot + value
            begin, end = sorted((amount.at(foot), amount.at(foot + value)))
            long = max(end - begin, 0.5)  # what is there is seen
            middle = along.at(place) + (thick * (index - (beside - 1) / 2) if beside > 1 else 0)
            if bars.rim:
                side = middle - thick / 2
                drawn = _box(*((begin, side, long, thick) if lying else (side, begin, thick, long)))
            else:
                drawn = f"M{begin:.1f} {middle:.1f}h{long:.1f}" if lying else f"M{middle:.1f} {begin:.1f}v{long:.1f}"
            paths.setdefault((index, bars.colours[number]), []).append(drawn)
    return tuple(
        f'<path d="{"".join(parts)}" fill="{_colour(fill)}"{series[index].rim}/>'
        if series[index].rim
        else f'<path class="bars" d="{"".join(parts)}" stroke="{_colour(fill)}" stroke-width="{thicks[index]:.2f}"/>'
        for (index, fill), parts in paths.items()
    )


# --- figures without axes ---------------------------------------------------------------------------------------------


def _bands(trace: Part, margin: Part, width: int, height: int) -> Iterator[str]:
    """Yield bands between places, on the left those people left, on the right those they are in."""
    link, node = trace["link"], trace["node"]
    flows = list(zip(link["source"], link["target"], link["value"], link["color"], strict=True))
    sides = {source: 0 for source, *_ in flows} | {target: 1 for _, target, *_ in flows}
    sums = {place: sum(flow[2] for flow in flows if flow[side] == place) for place, side in sides.items()}
    pad, thick = node["pad"], node["thickness"]
    most = max(list(sides.values()).count(side) for side in (0, 1))
    scale = (height - margin["t"] - margin["b"] - pad * (most - 1)) / sum(flow[2] for flow in flows)
    left, right = margin["l"], width - margin["r"]
    tops: dict[int, float] = {}
    feet = [float(margin["t"]), float(margin["t"])]
    nodes = []
    for place, side in sorted(sides.items()):
        high, tops[place] = sums[place] * scale, feet[side]
        box = _box(right - thick if side else left, feet[side], thick, high)
        nodes.append(f'<path d="{box}" fill="{_colour(node["color"][place])}"/>')
        x, anchor = (right - thick - GAP, "end") if side else (left + thick + GAP, "start")
        font = {"size": trace["textfont"]["size"]}
        nodes.append(_label(node["label"][place], x, feet[side] + high / 2, anchor, font=font, halo=True))
        feet[side] += high + pad
    begin, end = left + thick, right - thick
    middle = (begin + end) / 2
    for source, target, value, fill in flows:
        high, a, b = value * scale, tops[source], tops[target]
        tops[source] += high
        tops[target] += high
        there = f"M{begin} {a:.1f}C{middle} {a:.1f} {middle} {b:.1f} {end} {b:.1f}"
        back = f"v{high:.1f}C{middle} {b + high:.1f} {middle} {a + high:.1f} {begin} {a + high:.1f}z"
        yield f'<path d="{there}{back}" fill="{_colour(fill)}"/>'
    yield from nodes


def _countries(traces: Sequence[Part]) -> Iterator[str]:
    """Yield the outline of each country in the colour of its class."""
    paths = outlines.paths(COARSE)
    for trace in traces:
        path = "".join(paths.get(code, "") for code in trace["locations"])
        yield f'<path d="{path}" fill="{_colour(trace["colorscale"][1][1])}"/>'


# --- single shapes ----------------------------------------------------------------------------------------------------


def _colour(value: str) -> str:
    """Return a colour that a style sheet may replace on a dark ground."""
    return f"var(--k{value[1:].lower()},{value})" if value.startswith("#") else value


def _rule(start: Sequence[float], end: Sequence[float], stroke: str, width: float, more: str = "") -> str:
    (x0, y0), (x1, y1) = start, end
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="{_colour(stroke)}" stroke-width="{width}"{more}/>'


def _rules(name: str, places: Sequence[float], start: float, end: float, stroke: str) -> str:
    """Return rules across an axis, at places of it."""
    if name[0] == "x":
        path = "".join(f"M{place:.1f} {start:g}V{end:g}" for place in places)
    else:
        path = "".join(f"M{start:g} {place:.1f}H{end:g}" for place in places)
    return f'<path class="rules" d="{path}" stroke="{_colour(stroke)}"/>'


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z"


def _dashed(line: Part) -> str:
    dash = DASHES.get(line.get("dash", ""))
    return f' stroke-dasharray="{dash}"' if dash else ""


def _rim(outline: Part) -> str:
    width = outline.get("width", 0)
    return f' stroke="{_colour(outline["color"])}" stroke-width="{width}"' if width else ""


def _of(part: Part, name: str, number: int, otherwise: Any) -> Any:
    """Return a setting of one point: the same for all, or one of a list."""
    value = part.get(name, otherwise)
    return value[number] if isinstance(value, list | tuple) else value


def _label(
    text: str,
    x: float,
    y: float,
    anchor: str = "start",
    stands: str = "middle",
    font: Part | None = None,
    *,
    halo: bool = False,
) -> str:
    """Return a label of one or more lines, each bold where it is marked so; whatever else it holds is text."""
    size = (font or {}).get("size", theme.TEXT)
    lines, step = text.split(BREAK), size * theme.LEADING
    highest = {"top": y + size, "bottom": y - step * (len(lines) - 1) - size * 0.2}
    first = highest.get(stands, y + size * 0.35 - step * (len(lines) - 1) / 2)
    rim, fill = ' class="halo"' if halo else "", _colour((font or {}).get("color", theme.INK))
    parts = []
    for number, line in enumerate(lines):
        bold = ' font-weight="700"' if "<b>" in line else ""
        plain = html.escape(html.unescape(re.sub(r"</?(?:b|i|span)\b[^>]*>", "", line)))
        parts.append((f'x="{x:.1f}" y="{first + number * step:.1f}"{bold}', plain))
    about = f'text-anchor="{anchor}" font-size="{size}" fill="{fill}"{rim}'
    if len(parts) == 1:
        [(place, plain)] = parts
        return f"<text {place} {about}>{plain}</text>"
    return f"<text {about}>{''.join(f'<tspan {place}>{plain}</tspan>' for place, plain in parts)}</text>"
