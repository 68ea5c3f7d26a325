"""Charts of solutions: refugees who went home, were resettled or naturalised, and internally displaced who went home.

Each has a panel with a scale of its own, since they differ by orders of magnitude. They are flows of whole years.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import panels, parts, theme
from displacement.charts.chart import Context, Drawing, Row

MEASURES = {
    "returned_refugees": "returned",
    "resettlement": "highlight",
    "naturalisation": "stateless",
    "returned_idps": "inside",
}
"""Each measure with its colour."""
NARROW_HEIGHT = 900


def solutions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw solutions of the world, or of a country as origin or host: the query says which."""
    say, language = context.say, context.language
    shown = [name for name in MEASURES if any(row[name] is not None for row in rows)]
    last = rows[-1]
    first, end = rows[0]["year"], last["year"]
    found = {name: last[name] for name in shown if last[name] is not None}
    height = context.height - 48 - 40
    made = [_panel(rows, name, first, end, context) for name in shown]
    columns = 2 if len(shown) > 1 else 1
    did = {name: say(f"solutions.did.{name}", amount=language.amount(value)) for name, value in found.items()}
    headline = [said for name, said in did.items() if name != "returned_idps"] or list(did.values())
    return Drawing(
        title=context.tell("title", place=context.place, year=str(end), parts=language.listed(headline)),
        subtitle=context.tell("subtitle", place=context.place, first=str(first), last=str(end)),
        alt=context.tell(
            "alt", place=context.place, first=str(first), last=str(end), parts=language.listed(did.values())
        ),
        data=[_bars(rows, name, index, context) for index, name in enumerate(shown)],
        layout=theme.layout(
            margin={"l": 52, "r": 24, "t": 48, "b": 40}, bargap=0.2, **panels.grid(made, columns, height, 0.09)
        ),
        notes=(say("solutions.note"), *([say("solutions.idps")] if "returned_idps" in shown else []), say("gaps")),
        narrow_layout={
            "margin": {"l": 48, "r": 8, "t": 32, "b": 32},
            **panels.grid(made, 1, NARROW_HEIGHT - 64),
        },
    )


def _panel(rows: Sequence[Row], name: str, first: int, end: int, context: Context) -> panels.Panel:
    highest = max(row[name] for row in rows if row[name] is not None)
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest / unit, context, most=4)
    title = f"{context.language.text(f'type.{name}')} · {context.say(f'unit.{unit_name}')}"
    years = parts.decades(first, end)
    return panels.Panel(
        title, theme.time_axis(first - 0.7, end + 0.7, tickvals=years if len(years) < 6 else years[::2]), axis
    )


def _bars(rows: Sequence[Row], name: str, index: int, context: Context) -> dict[str, Any]:
    part = [row for row in rows if row[name] is not None]
    unit, _ = theme.scale(max(row[name] for row in part))
    label = context.language.text(f"type.{name}")
    return {
        "type": "bar",
        "name": label,
        "x": [row["year"] for row in part],
        "y": [row[name] / unit for row in part],
        "marker": {"color": _colour(name), "line": {"width": 0}},
        "customdata": [
            f"{row['year']} · {context.language.people(row[name])}<br>{label} · "
            f"{context.say('release', release=context.release)}"
            for row in part
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        **panels.axes(index),
    }


def _colour(name: str) -> str:
    colour = MEASURES[name]
    return theme.palette()["idmc_idps"].colour if colour == "inside" else theme.colours()[colour].light
