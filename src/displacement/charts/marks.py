"""Marks of dates and breaks: thin lines, their words in a strip above the plot, and letters on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import theme
from displacement.charts.chart import Break, Context, Key
from displacement.charts.parts import position

ROW = 19
"""Height of a row of the strip, in pixels."""
PICTURE = 1040
"""Width of a picture for a report; one for social media is 80 narrower."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A date to be marked: where it is on an axis of years, its words, and whether it is an event or a break."""

    x: float
    label: str
    is_event: bool = False

    @property
    def colour(self) -> str:
        """The colour of its line and words."""
        return theme.INK if self.is_event else theme.QUIET


@dataclass(frozen=True, slots=True)
class Strip:
    """The marks of a chart as parts of its layout, wide and narrow, and the height they take."""

    height: int
    shapes: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    narrow_shapes: list[dict[str, Any]]
    narrow_annotations: list[dict[str, Any]]
    key: tuple[Key, ...]


def strip(marks: Sequence[Mark], first: float, last: float, context: Context, right: int) -> Strip:
    """Return marks with their words in rows above a plot that leaves `right` pixels beside it.

    Words are left of their line in the right half of the plot, else right of it. The rows are ordered so that words
    pass above the lines of others, and where they cannot, they cover them.
    """
    ordered = sorted(marks, key=lambda mark: (mark.x, mark.label))
    width = PICTURE - (80 if context.small else 0) - 48 - right
    middle = (first + last) / 2
    upwards = [mark for mark in ordered if mark.x > middle] + [mark for mark in ordered if mark.x <= middle][::-1]
    wide, narrow, shapes = [], [], []
    for row, mark in enumerate(upwards):
        before, is_late = width * (mark.x - first) / max(1, last - first), mark.x > middle
        wide.append(_words(mark, row * ROW, before + 40 if is_late else width - before + right - 16, left=is_late))
        font = {"size": theme.SMALL, "color": mark.colour}
        narrow.append(theme.text(letter(ordered.index(mark)), **_above(mark), xanchor="center", font=font))
        shapes += [_line(mark), _line(mark, row * ROW + ROW - 4)]
    key = tuple(Key(f"{letter(i)} · {mark.label}", "", theme.QUIET, "dash") for i, mark in enumerate(ordered))
    return Strip(len(upwards) * ROW, shapes, wide, [_line(mark) for mark in ordered], narrow, key)


def _words(mark: Mark, lift: int, room: float, *, left: bool) -> dict[str, Any]:
    """Return the words of a mark, cut where there is no room for all of them: the key below has them whole."""
    side = "right" if left else "left"
    return theme.text(
        theme.shortened(mark.label, theme.SMALL + 1, room),
        **_above(mark),
        yshift=lift,
        xanchor=side,
        align=side,
        xshift=-3 if left else 3,
        bgcolor=theme.GROUND,
        font={"size": theme.SMALL + 1, "color": mark.colour},
    )


def _above(mark: Mark) -> dict[str, Any]:
    return {"x": mark.x, "y": 1, "yref": "paper", "yanchor": "bottom"}


def _line(mark: Mark, above: int | None = None) -> dict[str, Any]:
    """Return the line of a mark: through the plot, or its part that reaches up to the words."""
    reach = {"y0": 0, "y1": 1} if above is None else {"ysizemode": "pixel", "yanchor": 1, "y0": 0, "y1": above}
    line = {"color": mark.colour, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": mark.x, "x1": mark.x, "yref": "paper", **reach, "line": line}


def letter(index: int) -> str:
    """Return the letter of a mark where there is no room for its words."""
    return "abcdefghijklmnop"[index % 16]


def event_marks(context: Context, first: float, last: float) -> list[Mark]:
    """Return the dated events of the country that is drawn, within the years drawn."""
    return [
        Mark(position(event.date), f"{context.language.date(event.date)}: {event.said[context.language.code]}", True)
        for event in context.events
        if event.country == context.country and first <= position(event.date) <= last
    ]


def break_marks(
    context: Context,
    indicators: Sequence[str],
    first: float,
    last: float,
    *,
    everywhere: bool = False,
    touches: Callable[[Break], bool] = lambda _: True,
) -> list[Mark]:
    """Return the breaks in the series drawn, before the first year that is not comparable with the years before.

    Args:
        context: country and language.
        indicators: the series drawn.
        first: the first year drawn.
        last: the last year drawn.
        everywhere: whether breaks of single countries count, since theirs are part of what is drawn.
        touches: whether a break is one of the figures drawn.
    """
    found = [
        entry
        for entry in context.breaks
        if entry.indicator in indicators
        and (entry.country in (None, context.country) or everywhere)
        and first < entry.first_year - 0.5 < last
        and touches(entry)
    ]
    said = {
        (entry.first_year, context.say("break", year=str(entry.first_year), what=entry.said[context.language.code]))
        for entry in found
    }
    return [Mark(year - 0.5, label) for year, label in sorted(said)]
