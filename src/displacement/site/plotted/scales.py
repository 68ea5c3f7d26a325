"""Values into pixels: the axes of a figure, their ticks, and where a mark or label stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from displacement.site.plotted import strokes

Part = Mapping[str, Any]
MOST_TICKS = 8


@dataclass(frozen=True)
class Axis:
    """An axis: which values it spans, and which pixels."""

    spec: Part
    low: float
    high: float
    start: float
    end: float
    categories: tuple[str, ...] = ()

    def at(self, value: Any) -> float:
        """Return the pixel of a value, or of a category by its name."""
        place = self.categories.index(value) if value in self.categories else float(value)
        return self.start + (place - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def unit(self) -> float:
        """How many pixels a step of one takes."""
        return abs(self.end - self.start) / abs(self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the pixel and the text of each tick."""
        if self.spec.get("tickvals") is not None:
            texts = self.spec.get("ticktext") or [strokes.plain(value) for value in self.spec["tickvals"]]
            return [(self.at(value), text) for value, text in zip(self.spec["tickvals"], texts, strict=False)]
        if self.categories:
            return [(self.at(name), name) for name in self.categories]
        low, high = sorted((self.low, self.high))
        step = self.spec.get("dtick") or _step(high - low)
        numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
        return [(self.at(step * number), strokes.plain(step * number)) for number in numbers]


def _step(span: float) -> float:
    power = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= MOST_TICKS)


class Scales:
    """The axes of a figure, and its area within the margins."""

    def __init__(self, data: Sequence[Part], layout: Part, width: int, height: int) -> None:
        """Take a figure and its size; axes are worked out when they are asked for."""
        self.data, self.layout = data, layout
        margin = layout["margin"]
        self.left, self.right = float(margin["l"]), float(width - margin["r"])
        self.top, self.foot = float(margin["t"]), float(height - margin["b"])
        self._axes: dict[str, Axis] = {}

    @property
    def names(self) -> list[str]:
        """The axes in use, by their short names, such as x, y, x2."""
        return list(dict.fromkeys(str(trace.get(f"{side}axis", side)) for trace in self.data for side in "xy"))

    def axis(self, name: str) -> Axis:
        """Return an axis by its short name."""
        if name not in self._axes:
            spec = self.layout.get(f"{name[0]}axis{name[1:]}", {})
            begin, end = spec.get("domain", (0, 1))
            ends = (self.left, self.right) if name[0] == "x" else (self.foot, self.top)
            start, stop = (ends[0] + part * (ends[1] - ends[0]) for part in (begin, end))
            values = self._values(name)
            categories = tuple(dict.fromkeys(str(value) for value in values if isinstance(value, str)))
            low, high = spec.get("range") or _range(values, categories)
            if spec.get("autorange") == "reversed":
                low, high = high, low
            self._axes[name] = Axis(spec, float(low), float(high), start, stop, categories)
        return self._axes[name]

    def _values(self, name: str) -> list[Any]:
        spec = self.layout.get(f"{name[0]}axis{name[1:]}", {})
        mine = (trace for trace in self.data if trace.get(f"{name[0]}axis", name[0]) == name)
        return list(spec.get("categoryarray") or ()) + [
            value for trace in mine for value in trace.get(name[0], ()) if value is not None
        ]

    def across(self, name: str) -> tuple[float, float]:
        """Return the pixels between which the rules of an axis run."""
        other = self.axis(("y" if name[0] == "x" else "x") + name[1:])
        return other.start, other.end

    def pair(self, trace: Part) -> tuple[Axis, Axis]:
        """Return the axes a trace is drawn on."""
        return self.axis(trace.get("xaxis", "x")), self.axis(trace.get("yaxis", "y"))

    def place(self, value: Any, reference: str, side: str) -> float:
        """Return the pixel of a mark or label: on an axis, as a part of an axis, or as a part of the whole area."""
        if reference == "paper":
            ends = (self.left, self.right) if side == "x" else (self.foot, self.top)
            return ends[0] + float(value) * (ends[1] - ends[0])
        if reference.endswith(" domain"):
            axis = self.axis(reference.removesuffix(" domain"))
            return axis.start + float(value) * (axis.end - axis.start)
        return self.axis(reference).at(value)


def _range(values: Sequence[Any], categories: tuple[str, ...]) -> tuple[float, float]:
    if categories:
        return -0.5, len(categories) - 0.5
    numbers = [float(value) for value in values] or [0.0, 1.0]
    return min(0.0, *numbers), max(*numbers, 0.0) or 1.0
