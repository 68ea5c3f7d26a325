"""Regions as small multiples: how many people displaced across borders each hosts, and how many are from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import panels, parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

NARROW_HEIGHT = 780
NOWHERE = "no region"


def regions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the regions of UNHCR, the largest host first."""
    say, language = context.say, context.language
    placed = [row for row in rows if row["region"] != NOWHERE]
    first, end = min(row["year"] for row in placed), max(row["year"] for row in placed)
    last = {row["region"]: row for row in placed if row["year"] == end}
    order = sorted(last, key=lambda region: -(last[region]["hosted"] or 0))
    highest = max(row[side] for row in placed for side in ("hosted", "from_here") if row[side] is not None)
    axis, _ = parts.amounts(highest / theme.MILLION, context, most=4)
    time = theme.time_axis(first - 0.5, end + 0.5, tickvals=parts.decades(first, end)[::2])
    made = [panels.Panel(language.text(f"region.{region}"), time, axis) for region in order]
    nowhere = next((row for row in rows if row["region"] == NOWHERE and row["year"] == end), None)
    return Drawing(
        title=say(
            "regions.title",
            region=language.text(f"region.{order[0]}"),
            amount=language.amount(last[order[0]]["hosted"]),
            year=str(end),
        ),
        subtitle=say("regions.subtitle", first=str(first), last=str(end)),
        alt=say(
            "regions.alt",
            first=str(first),
            last=str(end),
            regions=language.listed(_said(last[region], context) for region in order),
        ),
        data=[
            _line([row for row in placed if row["region"] == region], side, index, context)
            for index, region in enumerate(order)
            for side in ("from_here", "hosted")
        ],
        layout=_with_labels(
            made, 3, context.height - 48 - 40, last, order, context, {"l": 36, "r": 64, "t": 48, "b": 40}
        ),
        notes=(
            say("across-is"),
            say("no-unrwa"),
            *(
                [say("regions.nowhere", people=language.people(nowhere["from_here"]))]
                if nowhere and nowhere["from_here"]
                else []
            ),
        ),
        key=(
            Key(say("regions.hosted"), "", theme.HIGHLIGHT, "line"),
            Key(say("regions.from"), "", theme.FALL, "line"),
        ),
        narrow_layout=_with_labels(
            made, 2, NARROW_HEIGHT - 80, last, order, context, {"l": 28, "r": 36, "t": 48, "b": 32}
        ),
    )


def _with_labels(
    made: Sequence[panels.Panel],
    columns: int,
    height: float,
    last: dict[str, Row],
    order: Sequence[str],
    context: Context,
    margin: dict[str, int],
) -> dict[str, Any]:
    """Return the layout of the panels with the newest amounts at the ends of the lines; the first panel names them."""
    grid = panels.grid(made, columns, height, 0.09) if columns > 2 else panels.grid(made, columns, height, 0.14, 140)
    top = made[0].yaxis["range"][1]
    rows = -(-len(made) // columns)
    tall = (height - (rows - 1) * (panels.TITLE_ROOM + panels.AXIS_ROOM)) / rows
    for index, region in enumerate(order):
        ends = [(side, last[region][side]) for side in ("hosted", "from_here") if last[region][side] is not None]
        heights = theme.spread([value / theme.MILLION for _, value in ends], 16 * top / tall)
        for (side, value), place in zip(ends, heights, strict=True):
            grid["annotations"].append(
                theme.text(
                    f"<b>{context.language.decimal(value / theme.MILLION)}</b>",
                    xref=f"x{panels.suffix(index)}",
                    yref=f"y{panels.suffix(index)}",
                    x=last[region]["year"],
                    y=place,
                    xshift=6,
                    font={"size": theme.TEXT, "color": _colour(side)},
                )
            )
    for number, side in enumerate(("hosted", "from_here") if columns > 2 else ()):
        grid["annotations"].append(
            theme.text(
                context.say("regions.hosted" if side == "hosted" else "regions.from"),
                xref="x",
                yref="y",
                x=made[0].xaxis["range"][0] + 1,
                y=top,
                yanchor="top",
                yshift=-18 * number,
                bgcolor=theme.GROUND,
                font={"size": theme.TEXT, "color": _colour(side)},
            )
        )
    return theme.layout(margin=margin, **grid) if columns > 2 else {"margin": margin, **grid}


def _line(rows: Sequence[Row], side: str, index: int, context: Context) -> dict[str, Any]:
    values = {row["year"]: row for row in rows if row[side] is not None}
    years = list(range(min(values), max(values) + 1)) if values else []
    region = context.language.text(f"region.{rows[0]['region']}")
    what = context.say("regions.hosted" if side == "hosted" else "regions.from")
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{region}: {what}",
        "x": years,
        "y": [values[year][side] / theme.MILLION if year in values else None for year in years],
        "connectgaps": False,
        "line": {"color": _colour(side), "width": 2.5 if side == "hosted" else 1.75},
        "customdata": [
            parts.hover(
                context,
                values[year]["reference_date"],
                context.language.people(values[year][side]),
                f"{region}: {what}",
            )
            if year in values
            else ""
            for year in years
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        **panels.axes(index),
    }


def _colour(side: str) -> str:
    return theme.HIGHLIGHT if side == "hosted" else theme.FALL


def _said(row: Row, context: Context) -> str:
    amounts = [
        context.language.millions(row[side]) if row[side] else context.say("no-figure")
        for side in ("hosted", "from_here")
    ]
    return context.say(
        "regions.one", region=context.language.text(f"region.{row['region']}"), hosted=amounts[0], origin=amounts[1]
    )
