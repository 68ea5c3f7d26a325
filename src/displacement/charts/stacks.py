"""Population types as stacked bars through time: from the first figure of each on, labelled at the end.

Which types and whose figures is for the families to say. A year without a figure has no bar, which is not a bar
of zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Key, Row

INSIDE = "idmc_idps"
COUNTED_ONCE = "idps_counted_once"


def name(indicator: str, context: Context) -> str:
    """Return the short name of a population type."""
    return context.language.text(f"type.{indicator}")


def phrase(indicator: str, context: Context) -> str:
    """Return the name of a population type as it stands within a sentence."""
    return context.say(f"type.{indicator}.phrase")


def first_year(indicator: str, rows: Sequence[Row], context: Context) -> int | None:
    """Return the year of an indicator's first figure, never before the indicator begins; None without figures."""
    start = context.indicators[indicator].first_year
    return min((row["year"] for row in rows if row[indicator] is not None and row["year"] >= start), default=None)


def begins(types: Sequence[str], rows: Sequence[Row], context: Context) -> dict[str, int]:
    """Return the first year of each type that has figures."""
    years = {indicator: first_year(indicator, rows, context) for indicator in types}
    return {indicator: year for indicator, year in years.items() if year is not None}


def bars(indicator: str, rows: Sequence[Row], begin: int, unit: int, context: Context) -> dict[str, Any]:
    """Return the bars of one type at year-ends."""
    part = [row for row in rows if row["year"] >= begin and row[indicator] is not None]
    said = phrase(indicator, context)
    if indicator == INSIDE and any(COUNTED_ONCE in row and row["overlap"] for row in part):
        said = context.say("once", what=said)
    return {
        "type": "bar",
        "name": name(indicator, context),
        "x": [row["year"] for row in part],
        "y": [value(indicator, row) / unit for row in part],
        "marker": {"color": theme.palette()[indicator].colour, "line": {"width": 0}},
        "showlegend": False,
        "customdata": [
            parts.hover(context, row["reference_date"], context.language.amount(value(indicator, row)), said)
            for row in part
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def value(indicator: str, row: Row) -> int:
    """Return what the bar shows: people whom two components count are left out of the IDPs."""
    shown: int = row[COUNTED_ONCE if indicator == INSIDE and COUNTED_ONCE in row else indicator]
    return shown


def marks(years: Mapping[str, int], first: int, context: Context) -> list[parts.Mark]:
    """Return where types begin after the first year drawn."""
    return [
        parts.Mark(year - 0.5, context.say("counted-from", what=name(indicator, context), year=str(year)))
        for indicator, year in years.items()
        if theme.palette()[indicator].marked and year > first
    ]


def labels(
    present: Mapping[str, int],
    total: int | None,
    x: float,
    unit: int,
    context: Context,
    drawn: Mapping[str, int] | None = None,
) -> list[tuple[float, float, str, str]]:
    """Return the labels at the end of the stack: each type with its amount, and what all are together.

    `drawn` holds how high bars are where that differs from the amount: people of two types are drawn once.
    """
    ends, below = [], 0.0
    for indicator, persons in present.items():
        amount = (drawn or present)[indicator] / unit
        colour = theme.palette()[indicator].colour
        shown = short(persons, unit, context)
        ends.append((x, below + amount / 2, f"{name(indicator, context)} <b>{shown}</b>", colour))
        below += amount
    if total is not None and len(present) > 1:
        once = INSIDE in present  # only then people can be in two of the types
        text = context.say("all-once" if once else "all", amount=context.language.amount(total))
        ends.append((x, total / unit, f"<b>{text}</b>", theme.INK))
    return ends


def short(persons: int, unit: int, context: Context) -> str:
    """Return an amount in the unit of the axis, in full where the unit would hide it."""
    if unit == theme.MILLION and persons >= 50_000:
        return context.language.decimal(persons / unit)
    if unit == theme.THOUSAND and persons >= 50:
        return context.language.decimal(persons / unit)
    return context.language.number(persons)


def keys(present: Mapping[str, int], context: Context) -> tuple[Key, ...]:
    """Return the key of a stack for a narrow screen, from the top down."""
    return tuple(
        Key(name(indicator, context), context.language.amount(persons), theme.palette()[indicator].colour)
        for indicator, persons in reversed(list(present.items()))
    )
