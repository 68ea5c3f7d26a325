"""Small multiples: several plots in one picture, in columns on a page and below each other on a phone.

Regions share one scale. Solutions have one each, since they differ by orders of magnitude; they are flows of years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

SOLUTIONS = {
    "returned_refugees": "returned",
    "resettlement": "highlight",
    "naturalisation": "stateless",
    "returned_idps": "inside",
}
"""Each solution with its colour."""
SIDES = {"hosted": theme.HIGHLIGHT, "from_here": theme.FALL}
"""What is drawn of a region, each with its colour."""
NOWHERE = "no region"


def regions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the regions of UNHCR, the largest host first."""
    say, language = context.say, context.language
    placed = [row for row in rows if row["region"] != NOWHERE]
    first, end = min(row["year"] for row in placed), max(row["year"] for row in placed)
    last = {row["region"]: row for row in placed if row["year"] == end}
    order = sorted(last, key=lambda region: -(last[region]["hosted"] or 0))
    highest = max(row[side] for row in placed for side in SIDES if row[side] is not None)
    axis, _ = parts.amounts(highest / theme.MILLION, context, most=4)
    time = theme.time_axis(first - 0.5, end + 0.5, tickvals=parts.decades(first, end)[::2])
    made = [Panel(language.text(f"region.{region}"), time, axis) for region in order]
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
            _region_line([row for row in placed if row["region"] == region], side, index, context)
            for index, region in enumerate(order)
            for side in reversed(SIDES)
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
        key=tuple(Key(_side(side, context), "", colour, "line") for side, colour in SIDES.items()),
        narrow_layout=_with_labels(
            made, 2, context.declaration.narrow_height - 80, last, order, context, {"l": 28, "r": 36, "t": 48, "b": 32}
        ),
    )


def _with_labels(
    made: Sequence[Panel],
    columns: int,
    height: float,
    last: dict[str, Row],
    order: Sequence[str],
    context: Context,
    margin: dict[str, int],
) -> dict[str, Any]:
    """Return the layout of the panels with the newest amounts at the ends of the lines; the first panel names them."""
    grid = _grid(made, columns, height, 0.09) if columns > 2 else _grid(made, columns, height, 0.14, 140)
    top = made[0].yaxis["range"][1]
    rows = -(-len(made) // columns)
    tall = (height - (rows - 1) * (TITLE_ROOM + AXIS_ROOM)) / rows
    for index, region in enumerate(order):
        ends = [(side, last[region][side]) for side in SIDES if last[region][side] is not None]
        heights = theme.spread([value / theme.MILLION for _, value in ends], 16 * top / tall)
        for (side, value), place in zip(ends, heights, strict=True):
            grid["annotations"].append(
                theme.text(
                    f"<b>{context.language.decimal(value / theme.MILLION)}</b>",
                    xref=f"x{_suffix(index)}",
                    yref=f"y{_suffix(index)}",
                    x=last[region]["year"],
                    y=place,
                    xshift=6,
                    font={"size": theme.TEXT, "color": SIDES[side]},
                )
            )
    for number, side in enumerate(SIDES if columns > 2 else ()):
        grid["annotations"].append(
            theme.text(
                _side(side, context),
                xref="x",
                yref="y",
                x=made[0].xaxis["range"][0] + 1,
                y=top,
                yanchor="top",
                yshift=-18 * number,
                bgcolor=theme.GROUND,
                font={"size": theme.TEXT, "color": SIDES[side]},
            )
        )
    return theme.layout(margin=margin, **grid) if columns > 2 else {"margin": margin, **grid}


def _region_line(rows: Sequence[Row], side: str, index: int, context: Context) -> dict[str, Any]:
    said = ": ".join((context.language.text(f"region.{rows[0]['region']}"), _side(side, context)))
    return parts.line(
        rows,
        lambda row: None if row[side] is None else row[side] / theme.MILLION,
        lambda row: parts.hover(context, row["reference_date"], context.language.people(row[side]), said),
        SIDES[side],
        2.5 if side == "hosted" else 1.75,
        name=said,
        **_axes(index),
    )


def _side(side: str, context: Context) -> str:
    return context.say("regions.hosted" if side == "hosted" else "regions.from")


def _said(row: Row, context: Context) -> str:
    amounts = [context.language.millions(row[side]) if row[side] else context.say("no-figure") for side in SIDES]
    return context.say(
        "regions.one", region=context.language.text(f"region.{row['region']}"), hosted=amounts[0], origin=amounts[1]
    )


def solutions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw solutions of the world, or of a country as origin or host, as the query has it."""
    say, language = context.say, context.language
    shown = [name for name in SOLUTIONS if any(row[name] is not None for row in rows)]
    last = rows[-1]
    first, end = rows[0]["year"], last["year"]
    found = {name: last[name] for name in shown if last[name] is not None}
    height = context.height - 48 - 40
    made = [_solution_panel(rows, name, first, end, context) for name in shown]
    columns = 2 if len(shown) > 1 else 1
    did = {name: say(f"solutions.did.{name}", amount=language.amount(value)) for name, value in found.items()}
    headline = [said for name, said in did.items() if name != "returned_idps"] or list(did.values())
    return Drawing(
        title=context.tell("title", place=context.place, year=str(end), parts=language.listed(headline)),
        subtitle=context.tell("subtitle", place=context.place, first=str(first), last=str(end)),
        alt=context.tell(
            "alt", place=context.place, first=str(first), last=str(end), parts=language.listed(did.values())
        ),
        data=[_solution_bars(rows, name, index, context) for index, name in enumerate(shown)],
        layout=theme.layout(
            margin={"l": 52, "r": 24, "t": 48, "b": 40}, bargap=0.2, **_grid(made, columns, height, 0.09)
        ),
        notes=(say("solutions.note"), *([say("solutions.idps")] if "returned_idps" in shown else []), say("gaps")),
        narrow_layout={
            "margin": {"l": 48, "r": 8, "t": 32, "b": 32},
            **_grid(made, 1, context.declaration.narrow_height - 64),
        },
    )


def _solution_panel(rows: Sequence[Row], name: str, first: int, end: int, context: Context) -> Panel:
    highest = max(row[name] for row in rows if row[name] is not None)
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest / unit, context, most=4)
    title = f"{context.language.text(f'type.{name}')} · {context.say(f'unit.{unit_name}')}"
    years = parts.decades(first, end)
    return Panel(title, theme.time_axis(first - 0.7, end + 0.7, tickvals=years if len(years) < 6 else years[::2]), axis)


def _solution_bars(rows: Sequence[Row], name: str, index: int, context: Context) -> dict[str, Any]:
    unit, _ = theme.scale(max(row[name] for row in rows if row[name] is not None))
    label, colour = context.language.text(f"type.{name}"), SOLUTIONS[name]
    release = context.say("release", release=context.release)
    return parts.bars(
        rows,
        lambda row: None if row[name] is None else row[name] / unit,
        lambda row: f"{row['year']} · {context.language.people(row[name])}<br>{label} · {release}",
        theme.palette()["idmc_idps"].colour if colour == "inside" else theme.colours()[colour].light,
        name=label,
        **_axes(index),
    )


# --- panels ---


TITLE_ROOM = 26
"""Height above a panel for its title, in pixels."""
AXIS_ROOM = 42


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: its title, its axes without their places, and the suffix by which traces name its axes."""

    title: str
    xaxis: dict[str, Any]
    yaxis: dict[str, Any]


def _suffix(index: int) -> str:
    """Return what the names of the axes of a panel end with: nothing for the first."""
    return "" if index == 0 else str(index + 1)


def _axes(index: int) -> dict[str, str]:
    """Return the axes of a panel, for its traces and annotations."""
    return {"xaxis": f"x{_suffix(index)}", "yaxis": f"y{_suffix(index)}"}


def _grid(
    panels: Sequence[Panel], columns: int, height: float, gap: float = 0.05, title_width: float | None = None
) -> dict[str, Any]:
    """Return the axes of all panels with the place of each, and their titles.

    Args:
        panels: their contents, row by row.
        columns: how many are beside each other.
        height: of the plotting area in pixels, titles and axes of rows below the first within it.
        gap: between two columns, as a share of the width.
        title_width: where titles are broken into two lines, in pixels; None: they fit.
    """
    rows = -(-len(panels) // columns)
    width = (1 - gap * (columns - 1)) / columns
    between = (TITLE_ROOM + AXIS_ROOM + (0 if title_width is None else 18)) / height
    tall = (1 - between * (rows - 1)) / rows
    layout: dict[str, Any] = {"annotations": []}
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        left, top = column * (width + gap), 1 - row * (tall + between)
        end = _suffix(index)
        layout[f"xaxis{end}"] = {**panel.xaxis, "domain": [left, min(1, left + width)], "anchor": f"y{end}"}
        layout[f"yaxis{end}"] = {**panel.yaxis, "domain": [max(0, top - tall), top], "anchor": f"x{end}"}
        lines = [panel.title] if title_width is None else theme.wrapped(panel.title, theme.TEXT, title_width)
        layout["annotations"].append(
            theme.text(
                "<br>".join(f"<b>{line}</b>" for line in lines),
                xref="paper",
                yref="paper",
                x=left,
                y=top,
                yanchor="bottom",
                yshift=6,
                font={"size": theme.TEXT, "color": theme.INK},
            )
        )
    return layout
