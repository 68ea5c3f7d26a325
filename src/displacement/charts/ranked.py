"""Horizontal bars by size: hosts by population and economy, and where the people of a country are or came from.

Names are left of their bars, on a phone above them. Which rows there are is decided by the queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Row

FEW = 10
"""How many bars a small picture has room for."""
NARROW_WIDTH = 340
NAME_WIDTH = 250
"""Where a name is broken into lines, in pixels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, how long it is, the label at its end, and its sentence when it is pointed at."""

    name: str
    value: float
    label: str
    hover: str
    colour: str


def hosts_per(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries that host most people for their population or their economy."""
    say, language = context.say, context.language
    rows = rows[:FEW] if context.small else rows
    first = rows[0]
    year = str(first["year"])
    bars = [
        Bar(
            name=language.country(row["country"]),
            value=row["rate"],
            label=language.decimal(row["rate"]),
            hover=parts.hover(
                context,
                row["reference_date"],
                language.people(row["displaced_across"]),
                context.tell("hover", country=language.country(row["country"]), rate=language.decimal(row["rate"])),
            ),
            colour=theme.HIGHLIGHT if row["rank"] == 1 else theme.GREY,
        )
        for row in rows
    ]
    return _drawing(
        bars,
        title=context.tell("title", country=bars[0].name, rate=bars[0].label, year=year),
        subtitle=context.tell("subtitle", date=first["reference_date"], n=len(rows)),
        alt=context.tell("alt", year=year, bars=language.listed(f"{bar.name} {bar.label}" for bar in bars[:5])),
        notes=(say("across-is"), say("no-unrwa"), *_denominators(rows, context)),
    )


def _denominators(rows: Sequence[Row], context: Context) -> tuple[str, ...]:
    """Return of which year what people are divided by is, and where it is older."""
    newest = max(row["denominator_year"] for row in rows)
    older = [
        f"{context.language.country(row['country'])} {row['denominator_year']}"
        for row in rows
        if row["denominator_year"] < newest
    ]
    said = context.tell("denominator", year=str(newest))
    return (said, context.say("denominator-older", countries=context.language.listed(older))) if older else (said,)


def corridor_ends(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw where the people displaced from a country are, or where those displaced in it came from."""
    say, language = context.say, context.language
    total = rows[0]["total"]
    named = [row for row in rows if row["country"] is not None]
    largest = named[0]
    bars = [
        Bar(
            name=_name(row, context),
            value=row["displaced_across"],
            label=f"{language.amount(row['displaced_across'])} ({_share(row['displaced_across'], total, context)})",
            hover=parts.hover(
                context, row["reference_date"], language.people(row["displaced_across"]), _name(row, context)
            ),
            colour=theme.HIGHLIGHT if row is largest else theme.GREY if row["country"] else theme.NO_FIGURE,
        )
        for row in rows
    ]
    values: dict[str, Any] = {
        "place": context.place,
        "country": bars[0].name,
        "amount": language.people(largest["displaced_across"]),
        "share": _share(largest["displaced_across"], total, context),
        "year": str(largest["reference_date"].year),
    }
    return _drawing(
        bars,
        title=context.tell("title", **values),
        subtitle=context.tell("subtitle", place=context.place, date=largest["reference_date"]),
        alt=context.tell(
            "alt",
            place=context.place,
            year=values["year"],
            total=language.people(total),
            bars=language.listed(f"{bar.name} {bar.label}" for bar in bars),
        ),
        notes=(say("across-is"), say("no-unrwa")),
    )


def _name(row: Row, context: Context) -> str:
    if row["country"] is None:
        return context.say("other-countries", n=row["countries"])
    return context.language.country(row["country"])


def _share(part: int, total: int, context: Context) -> str:
    """Return a share in whole per cent; less than one is written so."""
    share = part / total
    return (
        context.say("less-than", share=context.language.share(0.01)) if share < 0.005 else context.language.share(share)
    )


# --- how bars are drawn -----------------------------------------------------------------------------------------------


def _drawing(bars: Sequence[Bar], **said: Any) -> Drawing:
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [bar.value for bar in bars],
        "y": list(range(len(bars))),
        "marker": {"color": [bar.colour for bar in bars], "line": {"width": 0}},
        **parts.pointed_at(bar.hover for bar in bars),
    }
    return Drawing(data=[trace], layout=_layout(bars), narrow_layout=_narrow_layout(bars), **said)


def _layout(bars: Sequence[Bar]) -> dict[str, Any]:
    longest = max(bar.value for bar in bars)
    lines = ["<br>".join(theme.wrapped(bar.name, theme.TEXT, NAME_WIDTH)) for bar in bars]
    names = [f"<b>{line}</b>" if bar.colour == theme.HIGHLIGHT else line for line, bar in zip(lines, bars, strict=True)]
    wide = max(theme.width_of(line) for name in names for line in name.split("<br>"))
    room = max(theme.width_of(bar.label) for bar in bars) + 16
    return theme.layout(
        margin={"l": 18 + round(wide), "r": 24 + round(room), "t": 16, "b": 16},
        bargap=0.3,
        xaxis={"range": [0, longest], "visible": False, "fixedrange": True},
        yaxis=theme.name_axis(names, len(bars) - 0.5, -0.5, tickfont={"size": theme.TEXT, "color": theme.INK}),
        annotations=[
            theme.text(
                f"<b>{bar.label}</b>" if bar.colour == theme.HIGHLIGHT else bar.label,
                x=bar.value,
                y=index,
                xshift=4,
                font={"size": theme.TEXT, "color": theme.INK},
            )
            for index, bar in enumerate(bars)
        ],
    )


def _narrow_layout(bars: Sequence[Bar]) -> dict[str, Any]:
    """Return what differs on a phone: names above their bars, with the number behind them."""
    return {
        "margin": {"l": 8, "r": 8, "t": 20, "b": 4},
        "bargap": 0.7,
        "yaxis": {"showticklabels": False},
        "annotations": [
            theme.text(
                _above(bar),
                x=0,
                y=index,
                yanchor="bottom",
                yshift=4,
                font={"size": theme.TEXT, "color": theme.INK},
            )
            for index, bar in enumerate(bars)
        ],
    }


def _above(bar: Bar) -> str:
    """Return the label above a bar on a phone, smaller where it would be too wide for it."""
    said = f"{bar.name} <b>{bar.label}</b>"
    if theme.width_of(said) <= NARROW_WIDTH:
        return said
    return f'<span style="font-size:{theme.SMALL}px">{bar.name} <b>{bar.label.split(" (")[0]}</b></span>'
