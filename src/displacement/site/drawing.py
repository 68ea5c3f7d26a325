"""Plain charts drawn by the templates: shapes as SVG paths, in a form that needs no browser and no script.

Here shapes are computed from numbers, once for all languages; templates set the words beside them. A drawing stretches
with the page while its words keep their size: shapes live in a unit square of their own, words are placed in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MILLION = 1_000_000
BAR = 0.8
"""Width of a bar where the step from year to year is one."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: what it stands for, and its place in per cent of the plot."""

    value: int
    place: float


@dataclass(frozen=True, slots=True)
class Stack:
    """Stacked bars of years.

    Attributes:
        years: the first and the last.
        paths: for each series that has values, the bars as one path in a box of `width` by 100.
        width: of that box: one unit a year.
        amounts: ticks of the vertical axis, zero first.
        dates: ticks of the horizontal axis.
        highest: the largest sum.
        totals: for each year its sum, or None.
        dots: points at the ends of years, published totals; each its place in per cent of the plot, across and down.
        halves: points in the middle of years.
    """

    years: tuple[int, int]
    paths: dict[str, str]
    width: int
    amounts: list[Tick]
    dates: list[Tick]
    highest: int
    totals: list[int | None]
    dots: list[tuple[float, float]]
    halves: list[tuple[float, float]]

    def place(self, year: float) -> float:
        """Return where a moment stands across the plot, in per cent; the bar of a year stands at its end."""
        return _centre(year, *self.years)

    @property
    def in_millions(self) -> bool:
        """Whether the axis is read in millions."""
        return self.highest >= MILLION


def stack(
    values: Mapping[int, Mapping[str, int | None]],
    series: Sequence[str],
    dots: Mapping[int, int] | None = None,
    halves: Mapping[int, int] | None = None,
) -> Stack | None:
    """Return stacked bars, one a year, or None where there is nothing to draw.

    Args:
        values: for each year the value of each series; a year or series without one leaves its place empty.
        series: in the order in which they are stacked from the bottom up.
        dots: for some years a value of its own, drawn as a point.
        halves: for the middle of some years a value, drawn as a point half a year before the bar of that year.
    """
    known = {
        year: {name: parts[name] for name in series if parts.get(name)}
        for year, parts in values.items()
        if any(parts.get(name) for name in series)
    }
    if not known:
        return None
    dots, halves = dots or {}, halves or {}
    first, last = min(known), max(known)
    highest = max([sum(_whole(parts.values())) for parts in known.values()] + [*dots.values(), *halves.values()])
    amounts = nice_ticks(highest)
    top = max(amounts[-1], highest)
    return Stack(
        years=(first, last),
        paths=_paths(known, series, first, top),
        width=last - first + 1,
        amounts=[Tick(amount, round(100 * (1 - amount / top), 2)) for amount in amounts],
        dates=_dates(first, last),
        highest=highest,
        totals=[sum(_whole(known[year].values())) if year in known else None for year in range(first, last + 1)],
        dots=_points(dots, first, last, top),
        halves=_points({year - 0.5: value for year, value in halves.items() if year > first}, first, last, top),
    )


def _points(
    values: Mapping[float, int] | Mapping[int, int], first: int, last: int, top: float
) -> list[tuple[float, float]]:
    return [
        (_centre(year, first, last), round(100 * (1 - value / top), 2))
        for year, value in values.items()
        if first <= year <= last
    ]


def _paths(
    known: Mapping[int, Mapping[str, int | None]], series: Sequence[str], first: int, top: float
) -> dict[str, str]:
    paths: dict[str, list[str]] = {}
    for year in sorted(known):
        foot = 0
        for name in series:
            value = known[year].get(name)
            if not value:
                continue
            low, foot = 100 * (1 - foot / top), foot + value
            height = max(low - 100 * (1 - foot / top), 0.15)  # what is there is seen
            left = year - first + (1 - BAR) / 2
            paths.setdefault(name, []).append(f"M{left:.3g} {low:.4g}h{BAR}v-{height:.3g}h-{BAR}z")
    return {name: "".join(paths[name]) for name in series if name in paths}


def _whole(values: Any) -> list[int]:
    return [value for value in values if value is not None]


def _centre(year: float, first: int, last: int) -> float:
    return round(100 * (year - first + 0.5) / (last - first + 1), 2)


def nice_ticks(highest: float, most: int = 4) -> list[int]:
    """Return round amounts from zero to the last one that is not above `highest`; at least two."""
    if highest < 2:
        return [0, 1]
    rough = max(1, highest / most)
    power = 10 ** math.floor(math.log10(rough))
    factors = (1, 2, 5, 10) if power == 1 else (1, 2, 2.5, 5, 10)  # people are whole
    step = next(int(power * factor) for factor in factors if power * factor >= rough)
    return [step * number for number in range(math.floor(highest / step) + 1)]


def _dates(first: int, last: int) -> list[Tick]:
    span = last - first + 1
    step = next((step for step in (1, 2, 5, 10, 20) if span / step <= 8), 20)
    years = [first] if span == 1 else [year for year in range(first, last + 1) if year % step == 0]
    if last not in years:
        years = [year for year in years if last - year >= step * 0.7] + [last]
    return [Tick(year, _centre(year, first, last)) for year in years]


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of ranked bars: its length in per cent of the longest."""

    row: Any
    value: int
    length: float
    share: float


def ranked(rows: Sequence[Mapping[str, Any]], column: str, most: int = 10) -> tuple[list[Bar], int, int]:
    """Return the largest rows as bars, then how many rows are left and what they sum to."""
    total = sum(row[column] for row in rows)
    head, rest = rows[:most], rows[most:]
    longest = max((row[column] for row in head), default=1)
    bars = [Bar(row, row[column], round(100 * row[column] / longest, 1), row[column] / total) for row in head]
    return bars, len(rest), sum(row[column] for row in rest)
