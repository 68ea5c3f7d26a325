"""Pieces that charts share: traces of rows, the frame of a chart over years, axes and phrases of amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from displacement.charts import theme
from displacement.charts.chart import Context, Row

DAYS = 365.25

Value = Callable[[Row], float | None]
"""What is drawn of a row; None where there is no figure."""
Said = Callable[[Row], str]
"""The sentence of a row that is pointed at."""


def bars(rows: Sequence[Row], value: Value, said: Said, colour: Any, **own: Any) -> dict[str, Any]:
    """Return bars over years; a row without a figure has none. `own` settings come on top."""
    shown = [row for row in rows if value(row) is not None]
    return {
        "type": "bar",
        "x": [row["year"] for row in shown],
        "y": [value(row) for row in shown],
        "marker": {"color": colour, "line": {"width": 0}},
        **pointed_at(said(row) for row in shown),
        **own,
    }


def line(rows: Sequence[Row], value: Value, said: Said, colour: str, width: float, **own: Any) -> dict[str, Any]:
    """Return a line over years; a year without a figure is a gap, not a zero and not a bridge."""
    known = {row["year"]: row for row in rows if value(row) is not None}
    years = list(range(min(known), max(known) + 1)) if known else []
    return {
        "type": "scatter",
        "mode": "lines",
        "x": years,
        "y": [value(known[year]) if year in known else None for year in years],
        "connectgaps": False,
        "line": {"color": colour, "width": width},
        **pointed_at(said(known[year]) if year in known else "" for year in years),
        **own,
    }


def points(
    rows: Sequence[Row], value: Value, said: Said, fill: str, rim: str, size: int = 7, **own: Any
) -> dict[str, Any]:
    """Return points at reference dates: a mid-year is half a year before the year-end of its year."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [half_year(row) for row in rows],
        "y": [value(row) for row in rows],
        "marker": {"color": fill, "size": size, "line": {"color": rim, "width": 1.5}},
        **pointed_at(said(row) for row in rows),
        **own,
    }


def pointed_at(said: Iterable[str]) -> dict[str, Any]:
    """Return the settings by which each mark of a trace shows a sentence when it is pointed at."""
    return {"customdata": list(said), "hovertemplate": "%{customdata}<extra></extra>"}


def position(date: dt.date) -> float:
    """Return where a date is on an axis on which a year-end is at its year: 30 June 2025 at 2024.5."""
    return date.year - 1 + ((date - dt.date(date.year, 1, 1)).days + 1) / DAYS


def half_year(row: Row) -> float:
    """Return where a row is on an axis of years: a mid-year is half a year before the year-end of its year."""
    return float(row["year"]) - (0.5 if row.get("period") == "mid-year" else 0)


def hover(context: Context, date: dt.date, amount: str, what: str) -> str:
    """Return the whole sentence of a figure that is pointed at."""
    return f"{context.language.date(date)} · {amount}{'<br>'}{what} · {context.say('release', release=context.release)}"


def as_published(row: Row, context: Context) -> str:
    """Return the sentence of a published total that is pointed at."""
    total = context.language.people(row["published_total"])
    return f"{context.language.date(row['reference_date'])} · {total}<br>{context.say('as-published')}"


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
    return theme.amount_axis(top, tickvals=values, ticktext=numbers(values, distance, context), **own), top


def numbers(values: Sequence[float], distance: float, context: Context) -> list[str]:
    """Return the numbers of an axis, with as many digits as the distance between two of them needs."""
    digits = 0 if distance >= 1 else 1 if distance >= 0.1 else 2
    return [context.language.decimal(value, digits) for value in values]


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
