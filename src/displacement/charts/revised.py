"""How published figures were revised: by how much the releases since the first one kept changed each year-end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacks, theme
from displacement.charts.chart import Context, Drawing, Key, Row


def revisions(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the sum of all revisions of each year-end by population type: what was added, and what was taken."""
    say, language = context.say, context.language
    types = [name for name in theme.palette() if any(row["indicator"] == name for row in rows)]
    net = {
        year: sum(row["difference"] for row in rows if row["year"] == year)
        for year in sorted({r["year"] for r in rows})
    }
    most = max(net, key=lambda year: (abs(net[year]), year))
    up = max(0, *(_reach(rows, year, 1) for year in net))
    down = max(0, *(_reach(rows, year, -1) for year in net))
    unit, unit_name = theme.scale(max(up, down, 1))
    first, end = min(net), max(net)
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(most),
        "amount": language.amount(abs(net[most])),
        "n": len(net),
    }
    verb = "same" if net[most] == 0 else "up" if net[most] > 0 else "down"
    axis = _axis(up / unit, down / unit, context)
    left = 16 + parts.widest(axis)
    return Drawing(
        title=context.tell(f"title-{verb}", **values),
        subtitle=context.tell(
            "subtitle", place=context.place, first=str(first), last=str(end), unit=say(f"unit.{unit_name}")
        ),
        alt=context.tell(
            "alt",
            place=context.place,
            n=len(net),
            years=language.listed(
                f"{year} {parts.signed(net[year], context)}"
                for year in sorted(net, key=lambda year: -abs(net[year]))[:8]
            ),
        ),
        data=[_bars([row for row in rows if row["indicator"] == name], name, unit, context) for name in types],
        layout=theme.layout(
            barmode="relative",
            bargap=0.2,
            margin={"l": left, "r": 24, "t": 48, "b": 40},
            xaxis=theme.time_axis(
                first - 0.7, end + 0.7, tickvals=parts.decades(first, end) if end > first else [first]
            ),
            yaxis=axis,
            showlegend=len(types) > 1,
            legend=theme.inner_legend() | {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        ),
        notes=(say("revisions.since"), say("revisions.year-ends")),
        key=tuple(Key(stacks.name(name, context), "", theme.palette()[name].colour) for name in types),
        narrow_layout={
            "margin": {"l": left, "r": 12, "t": 12, "b": 32},
            "showlegend": False,
            "xaxis": {"tickvals": parts.decades(first, end)[::2] if end > first else [first]},
        },
    )


def _reach(rows: Sequence[Row], year: int, sign: int) -> int:
    """Return how far the bars of a year reach to one side of zero."""
    return sum(max(0, sign * row["difference"]) for row in rows if row["year"] == year)


def _axis(up: float, down: float, context: Context) -> dict[str, Any]:
    distance = theme.step(max(up + down, 1e-9), 6)
    low = -theme.ceiling(down, distance) if down else 0
    high = theme.ceiling(up, distance) if up else 0
    values = [low + distance * index for index in range(round((high - low) / distance) + 1)]
    digits = 0 if distance >= 1 else 1 if distance >= 0.1 else 2
    texts = [context.language.decimal(value, digits) for value in values]
    return theme.amount_axis(1, tickvals=values, ticktext=texts) | {"range": [low * 1.02, high * 1.02]}


def _bars(rows: Sequence[Row], name: str, unit: int, context: Context) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": stacks.name(name, context),
        "x": [row["year"] for row in rows],
        "y": [row["difference"] / unit for row in rows],
        "marker": {"color": theme.palette()[name].colour, "line": {"width": 0}},
        "customdata": [
            f"{context.language.date(row['reference_date'])} · {parts.signed(row['difference'], context)}<br>"
            f"{stacks.phrase(name, context)}"
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
