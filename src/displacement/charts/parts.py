"""Pieces that charts through time share: marks of dates and breaks above the plot, hover texts, axes of amounts.

A mark is a thin line at a date and its words in a strip above the plot, where they can never lie on the figures.
Colours and type are `theme`'s business, findings the families'.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import theme
from displacement.charts.chart import Break, Context, Key, Row

ROW = 19
"""Height of a row of the strip, in pixels."""
DAYS = 365.25
PICTURE = 1040
"""Width of a picture for a report; one for social media is 80 narrower."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A date to be marked: where it is on an axis of years, what it is, and whether it is an event or a break."""

    x: float
    label: str
    is_event: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """The marks of a chart as parts of its layout, wide and narrow, and the height they take."""

    height: int
    shapes: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    narrow_annotations: list[dict[str, Any]]
    narrow_shapes: list[dict[str, Any]]
    key: tuple[Key, ...]


def strip(marks: Sequence[Mark], first: float, last: float, context: Context | None = None, right: int = 24) -> Strip:
    """Return marks with their words in rows above the plot.

    Words stand left of their line in the right half of the plot, else right of it. The rows are ordered so that words
    pass above the lines of others, and where they cannot, they cover them.
    """
    ordered = sorted(marks, key=lambda mark: (mark.x, mark.label))
    width = (PICTURE - (80 if context and context.small else 0)) - 48 - right
    middle = (first + last) / 2
    upwards = [mark for mark in ordered if mark.x > middle] + [mark for mark in ordered if mark.x <= middle][::-1]
    wide, narrow, shapes = [], [], []
    for row, mark in enumerate(upwards):
        before = width * (mark.x - first) / max(1, last - first)
        wide.append(
            _words(
                mark, row * ROW, before + 40 if mark.x > middle else width - before + right - 16, left=mark.x > middle
            )
        )
        sign = letter(ordered.index(mark))
        narrow.append(
            theme.text(sign, **_above(mark), xanchor="center", font={"size": theme.SMALL, "color": _colour(mark)})
        )
        shapes += [_line(mark), _line(mark, row * ROW + ROW - 4)]
    key = tuple(Key(f"{letter(i)} · {mark.label}", "", theme.QUIET, "dash") for i, mark in enumerate(ordered))
    return Strip(len(upwards) * ROW, shapes, wide, narrow, [_line(mark) for mark in ordered], key)


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
        font={"size": theme.SMALL + 1, "color": _colour(mark)},
    )


def _above(mark: Mark) -> dict[str, Any]:
    return {"x": mark.x, "y": 1, "yref": "paper", "yanchor": "bottom"}


def _colour(mark: Mark) -> str:
    return theme.INK if mark.is_event else theme.QUIET


def letter(index: int) -> str:
    """Return the letter that stands for a mark where there is no room for its words."""
    return "abcdefghijklmnop"[index % 16]


def _line(mark: Mark, above: int | None = None) -> dict[str, Any]:
    """Return the line of a mark: through the plot, or its part that reaches up to the words."""
    reach = {"y0": 0, "y1": 1} if above is None else {"ysizemode": "pixel", "yanchor": 1, "y0": 0, "y1": above}
    return {
        "type": "line",
        "x0": mark.x,
        "x1": mark.x,
        "yref": "paper",
        **reach,
        "line": {"color": _colour(mark), "width": 1, "dash": "dot"},
    }


def event_marks(context: Context, first: float, last: float) -> list[Mark]:
    """Return the dated events of the country asked for, within the years drawn."""
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
        context: what was asked for.
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
        (
            entry.first_year,
            context.say("break", year=str(entry.first_year), what=entry.said[context.language.code]),
        )
        for entry in found
    }
    return [Mark(year - 0.5, label) for year, label in sorted(said)]


def position(date: dt.date) -> float:
    """Return where a date is on an axis on which a year-end stands at its year: 30 June 2025 at 2024.5."""
    return date.year - 1 + ((date - dt.date(date.year, 1, 1)).days + 1) / DAYS


def half_year(row: Row) -> float:
    """Return where the reference date of a row stands: a mid-year half a year before the year-end of its year."""
    return float(row["year"]) - (0.5 if row["period"] == "mid-year" else 0)


def hover(context: Context, date: dt.date, amount: str, what: str) -> str:
    """Return the whole sentence that a figure says when it is pointed at."""
    return f"{context.language.date(date)} · {amount}{'<br>'}{what} · {context.say('release', release=context.release)}"


def decades(first: int, last: int) -> list[int]:
    """Return the years an axis names: the first, every tenth (fifth in a short time), the last."""
    every = 10 if last - first > 30 else 5 if last - first > 12 else 2
    near = max(1, (last - first) * 0.045)
    tens = [year for year in range(first, last) if year % every == 0 and year - first > near and last - year > near]
    return list(dict.fromkeys([first, *tens, last]))


def amounts(highest: float, context: Context, most: int = 7, **own: Any) -> tuple[dict[str, Any], float]:
    """Return an axis of amounts from zero with numbers as the language writes them, and where it ends."""
    distance = theme.step(highest, most)
    top = theme.ceiling(highest, distance)
    values = [distance * index for index in range(round(top / distance) + 1)]
    digits = 0 if distance >= 1 else 1 if distance >= 0.1 else 2
    axis = theme.amount_axis(
        top, tickvals=values, ticktext=[context.language.decimal(value, digits) for value in values], **own
    )
    return axis, top


def widest(axis: Mapping[str, Any]) -> int:
    """Return the width that the numbers of an axis take, in pixels."""
    return round(max(theme.width_of(number) for number in axis["ticktext"])) + 6


def moved(context: Context, change: int | None) -> str:
    """Return ", 5.4 million fewer than a year before"; nothing where there is nothing to compare with."""
    if change is None:
        return ""
    if change == 0:
        return context.say("compared.same")
    return context.say("compared.more" if change > 0 else "compared.fewer", amount=context.language.amount(abs(change)))


def plain(persons: int, context: Context) -> str:
    """Return a round number as it is said: "10 million", "1,000"."""
    language = context.language
    if persons < theme.MILLION:
        return language.number(persons)
    if persons % theme.MILLION or language.code == "zh":
        return language.millions(persons)
    millions = persons // theme.MILLION
    return language.text("number.millions", n=millions, value=language.number(millions))


def signed(amount: int, context: Context) -> str:
    """Return an amount with its sign: "−4.4 million", "+1,234"; zero has none."""
    language = context.language
    if amount == 0:
        return language.number(0)
    mark = "\N{LEFT-TO-RIGHT MARK}" if language.direction == "rtl" else ""
    return f"{mark}{'+' if amount > 0 else '−'}{language.amount(abs(amount))}"
