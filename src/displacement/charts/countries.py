"""Charts of one country through time: as origin, as host, and inside it; year-ends as bars, mid-years as hollow marks.

Events are drawn as context and never as cause. Where the people of a country are is `corridors`' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacks, theme
from displacement.charts.chart import Context, Drawing, Key, Row

PUBLISHED_BY = {"unrwa": "unrwa_refugees", "idmc": "idmc_idps"}
"""Publishers of one population type: named only where it is drawn."""


def trend(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the people displaced from a country, in it or inside it, by population type."""
    types = context.declaration.types
    say, language = context.say, context.language
    year_ends = [row for row in rows if row["period"] == "year-end"] or list(rows)
    begins = stacks.begins(types, year_ends, context)
    mid_years = _whole_mid_years(rows, types)
    first, end = year_ends[0]["year"], max(row["year"] for row in (*year_ends, *mid_years))
    last = year_ends[-1]
    highest = max(row["total"] for row in (*year_ends, *mid_years))
    unit, unit_name = theme.scale(highest)
    axis, top = parts.amounts(highest / unit, context)
    present = {name: last[name] for name in begins if last[name] is not None}
    heights = {name: stacks.value(name, last) for name in present}
    marks = [
        *stacks.marks(begins, first, context),
        *parts.break_marks(
            context,
            [name for name in begins if not _begins_late(name, begins, first)],
            first,
            end,
            touches=lambda entry: any(
                row[entry.indicator] is not None and entry.first_year - row["year"] in (0, 1) for row in year_ends
            ),
        ),
        *parts.event_marks(context, first, end),
    ]
    labels = stacks.labels(present, last["total"], end + 0.45, unit, context, heights)
    right = theme.margin_for([label for _, _, label, _ in labels])
    strip = parts.strip(marks, first, end, context, right)
    margin = {"l": 12 + parts.widest(axis), "t": 24 + strip.height, "b": 40}
    moved = parts.moved(context, last["change"])
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "total": language.people(last["total"]),
    }
    return Drawing(
        title=context.tell("title", moved=moved, **values),
        subtitle=context.tell(
            "subtitle",
            place=context.place,
            first=str(first),
            last=values["year"],
            unit=say(f"unit.{unit_name}"),
        ),
        alt=context.tell(
            "alt",
            first=str(first),
            parts=language.listed(
                f"{stacks.phrase(name, context)}: {language.amount(v)}" for name, v in present.items()
            ),
            moved=moved,
            highest=_highest(year_ends, context),
            **values,
        ),
        data=[
            *(stacks.bars(name, year_ends, year, unit, context) for name, year in begins.items()),
            *([_mid_years(mid_years, unit, context)] if mid_years else []),
        ],
        layout=theme.layout(
            barmode="stack",
            bargap=0.18,
            margin=margin | {"r": right},
            xaxis=theme.time_axis(first - 0.7, end + 0.7, tickvals=parts.decades(first, end)),
            yaxis=axis,
            shapes=strip.shapes,
            annotations=[
                *strip.annotations,
                *theme.end_labels(labels, pixels_per_unit=(context.height - margin["t"] - margin["b"]) / top),
            ],
        ),
        notes=(
            *([say("mid-years-hollow")] if mid_years else []),
            say("gaps"),
            *([say("overlap.country", amount=language.people(last["overlap"]))] if last.get("overlap") else []),
            *([say("events-are-context")] if any(mark.is_event for mark in marks) else []),
        ),
        unused=tuple(publisher for publisher, name in PUBLISHED_BY.items() if name not in begins),
        key=(
            *stacks.keys(present, context),
            *([Key(say("mid-year"), "", theme.INK, "ring")] if mid_years else []),
            *strip.key,
        ),
        narrow_layout={
            "margin": {"l": 12 + parts.widest(axis), "r": 12, "t": 28, "b": 32},
            "annotations": strip.narrow_annotations,
            "shapes": strip.narrow_shapes,
            "xaxis": {"tickvals": parts.decades(first, end)[::2]},
        },
    )


def _whole_mid_years(rows: Sequence[Row], types: Sequence[str]) -> list[Row]:
    """Return the mid-years that have every type of the year-ends before and after them.

    IDMC and UNRWA have no mid-year figures: a total without theirs would seem to fall.
    """
    ends = {row["year"]: row for row in rows if row["period"] == "year-end"}
    return [
        row
        for row in rows
        if row["period"] == "mid-year"
        and row["year"] - 1 in ends
        and not any(
            row[name] is None and ends[year][name] is not None
            for name in types
            for year in (row["year"] - 1, row["year"])
            if year in ends
        )
    ]


def _begins_late(name: str, begins: dict[str, int], first: int) -> bool:
    """Return whether a type has a mark of its own where it begins, which says as much as the break there."""
    return theme.palette()[name].marked and begins[name] > first


def _mid_years(rows: Sequence[Row], unit: int, context: Context) -> dict[str, Any]:
    """Return the mid-years: hollow, half a year before the year-end of their year, never joined to anything."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": context.say("mid-year"),
        "x": [parts.half_year(row) for row in rows],
        "y": [row["total"] / unit for row in rows],
        "marker": {"color": theme.GROUND, "size": 7, "line": {"color": theme.INK, "width": 1.5}},
        "customdata": [
            parts.hover(
                context,
                row["reference_date"],
                context.language.people(row["total"]),
                context.tell("hover", place=context.place),
            )
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _highest(rows: Sequence[Row], context: Context) -> str:
    highest = max(rows, key=lambda row: (row["total"], row["year"]))
    return context.say("highest", amount=context.language.amount(highest["total"]), year=str(highest["year"]))
