"""How a year's change came about: from the stock before through what was added and what left to the stock after.

What no table explains is a bar of its own, named the remainder. A part without a figure has no bar and is labelled so.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row
from displacement.charts.marks import letter

LEAVING = ("returned", "naturalised", "resettled")


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One bar: what it is, where it begins and ends (None: no figure), and its label."""

    name: str
    start: float
    end: float | None
    label: str


def year_change(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the change of refugees under UNHCR's mandate in one year."""
    say, language = context.say, context.language
    row = rows[0]
    steps = _steps(row, context)
    highest = max(max(step.start, step.end or 0) for step in steps)
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest * 1.06 / unit, context)
    before, after = row["stock_before"] or 0, row["stock_after"] or 0
    change = after - before
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(row["year"]),
        "change": language.amount(abs(change)),
        "new": steps[1].label,
        "returned": steps[2].label,
        "remainder": steps[-2].label,
    }
    verb = "same" if change == 0 else "grew" if change > 0 else "fell"
    left = 12 + parts.widest(axis)
    return Drawing(
        title=context.tell(f"title-{verb}", **values),
        subtitle=context.tell("subtitle", place=context.place, year=values["year"], unit=say(f"unit.{unit_name}")),
        alt=context.tell(
            "alt",
            place=context.place,
            year=values["year"],
            steps=language.listed(f"{say(f'step.{step.name}')}: {step.label}" for step in steps),
        ),
        data=_traces(steps, unit, context),
        layout=theme.layout(
            margin={"l": left, "r": 24, "t": 32, "b": 64},
            bargap=0.25,
            barmode="overlay",
            xaxis=_axis(steps, 14, context),
            yaxis=axis,
            annotations=[_label(step, index, unit) for index, step in enumerate(steps)],
        ),
        notes=(
            say("year-change.remainder"),
            *([say("year-change.host")] if row["role"] == "asylum" else []),
            say("year-change.mandate"),
        ),
        key=tuple(
            Key(f"{letter(index)} · {say(f'step.{step.name}')}", step.label, _colour(step))
            for index, step in enumerate(steps)
        ),
        narrow_layout={
            "margin": {"l": left, "r": 8, "t": 12, "b": 28},
            "annotations": [],
            "xaxis": {"ticktext": [letter(index) for index in range(len(steps))]},
        },
    )


def _steps(row: Row, context: Context) -> list[WaterfallStep]:
    """Return the bars from the stock before to the stock after; the remainder closes what the others leave open."""
    number = context.language.number
    level = float(row["stock_before"] or 0)
    steps = [WaterfallStep("before", 0, level, context.language.amount(row["stock_before"] or 0))]
    for name, sign in (("newly_recognised", 1), *((name, -1) for name in LEAVING)):
        if name == "resettled" and row["role"] == "asylum":
            continue  # departures by country of asylum are in no table
        amount = row[name]
        if amount is None:
            steps.append(WaterfallStep(name, level, None, context.say("no-figure")))
            continue
        steps.append(WaterfallStep(name, level, level + sign * amount, parts.signed(sign * amount, context)))
        level += sign * amount
    rest = -row["remainder"]
    steps.append(WaterfallStep("remainder", level, level + rest, parts.signed(rest, context) if rest else number(0)))
    after = row["stock_after"] or 0
    steps.append(WaterfallStep("after", 0, after, context.language.amount(after)))
    return steps


def _traces(steps: Sequence[WaterfallStep], unit: int, context: Context) -> list[dict[str, Any]]:
    drawn = [(index, step) for index, step in enumerate(steps) if step.end is not None]
    links_x: list[float | None] = []
    links_y: list[float | None] = []
    for (index, step), (following, _) in itertools.pairwise(drawn):
        level = (step.end or 0) / unit
        links_x += [index, following, None]
        links_y += [level, level, None]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": links_x,
            "y": links_y,
            "line": {"color": theme.GREY, "width": 1},
            "hoverinfo": "skip",
        },
        {
            "type": "bar",
            "x": [index for index, _ in drawn],
            "base": [min(step.start, step.end or 0) / unit for _, step in drawn],
            "y": [abs((step.end or 0) - step.start) / unit for _, step in drawn],
            "marker": {
                "color": [_colour(step) for _, step in drawn],
                "line": {"width": 0},
                "pattern": {
                    "shape": ["/" if step.name == "remainder" else "" for _, step in drawn],
                    "fillmode": "replace",
                    "fgcolor": [_colour(step) for _, step in drawn],
                    "bgcolor": theme.GROUND,
                    "size": 6,
                },
            },
            **parts.pointed_at(
                f"{context.say(f'step.{step.name}')} · {step.label}<br>"
                f"{context.say('release', release=context.release)}"
                for _, step in drawn
            ),
        },
    ]


def _axis(steps: Sequence[WaterfallStep], width: int, context: Context) -> dict[str, Any]:
    names = ["<br>".join(theme.wrapped(context.say(f"step.{step.name}"), theme.TEXT, width * 9)) for step in steps]
    return theme.time_axis(
        -0.6,
        len(steps) - 0.4,
        tickvals=list(range(len(steps))),
        ticktext=names,
        tickfont={"color": theme.INK, "size": theme.TEXT},
        ticks="",
    )


def _label(step: WaterfallStep, index: int, unit: int) -> dict[str, Any]:
    top = max(step.start, step.end if step.end is not None else step.start) / unit
    return theme.text(
        f"<b>{step.label}</b>" if step.end is not None else step.label,
        x=index,
        y=top,
        xanchor="center",
        align="center",
        yanchor="bottom",
        yshift=3,
        font={"size": theme.TEXT, "color": theme.INK if step.end is not None else theme.QUIET},
    )


def _colour(step: WaterfallStep) -> str:
    """Return the colour of a bar: stocks blue, the remainder grey, what is added and what leaves apart."""
    if step.name in ("before", "after"):
        return theme.HIGHLIGHT
    if step.name == "remainder":
        return theme.colours()["other"].light
    return theme.FALL if step.name == "newly_recognised" else theme.palette()["idmc_idps"].colour
