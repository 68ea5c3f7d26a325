"""Charts of the ten largest countries through time, as origin and as host: the largest in blue, the rest in grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacks, theme
from displacement.charts.chart import Context, Drawing, Key, Row

NARROW_HEIGHT = 380


def lines(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries from which, or in which, most people displaced across borders are."""
    say, language = context.say, context.language
    newest = _newest(rows)
    first, end = min(row["year"] for row in rows), max(row["year"] for row in rows)
    axis, top = parts.amounts(max(row["displaced_across"] for row in rows) * 1.01 / theme.MILLION, context, most=8)
    colours = [theme.HIGHLIGHT if index == 0 else theme.GREY for index in range(len(newest))]
    labels = [
        (
            end,
            row["displaced_across"] / theme.MILLION,
            _label(row, index, context),
            theme.HIGHLIGHT if index == 0 else theme.INK,
        )
        for index, row in enumerate(newest)
    ]
    margin = {"l": 36, "t": 24, "b": 40}
    largest = language.country(newest[0]["country"])
    amount = language.amount(newest[0]["displaced_across"])
    return Drawing(
        title=context.tell(
            "title",
            n=len(newest),
            share=language.share(rows[-1]["cumulative_share"]),
            country=largest,
            amount=amount,
        ),
        subtitle=context.tell("subtitle", year=str(newest[0]["year"]), first=str(first), last=str(end), n=len(newest)),
        alt=context.tell(
            "alt",
            first=str(first),
            last=str(end),
            year=str(newest[0]["year"]),
            n=len(newest),
            countries=language.listed(
                f"{language.country(row['country'])} {language.amount(row['displaced_across'])}" for row in newest
            ),
        ),
        data=[_line(rows, row["country"], colour, context) for row, colour in zip(newest, colours, strict=True)][
            ::-1
        ],  # the highlighted line is drawn last, above the others
        layout=theme.layout(
            margin=margin | {"r": theme.margin_for([label for _, _, label, _ in labels])},
            xaxis=theme.time_axis(first - 0.3, end + 0.3, dtick=5),
            yaxis=axis,
            annotations=theme.end_labels(labels, pixels_per_unit=(context.height - margin["t"] - margin["b"]) / top),
        ),
        notes=(say("across-is"), say("no-unrwa"), say("lines-from", first=str(first))),
        key=tuple(
            Key(
                f"{index + 1} {language.country(row['country'])}",
                language.amount(row["displaced_across"]),
                colours[index],
                "line",
            )
            for index, row in enumerate(newest)
        ),
        narrow_layout={
            "margin": {"l": 28, "r": 36, "t": 12, "b": 32},
            "xaxis": {"dtick": 10},
            "annotations": theme.end_labels(
                [(x, y, str(index + 1), colour) for index, (x, y, _, colour) in enumerate(labels)],
                pixels_per_unit=(NARROW_HEIGHT - 12 - 32) / top,
                gap=theme.NARROW_LABEL_GAP,
                link=18,
            ),
        },
    )


def _line(rows: Sequence[Row], country: str, colour: str, context: Context) -> dict[str, Any]:
    """Return the line of a country; a year without a figure is a gap, not a zero and not a bridge."""
    values = {row["year"]: row for row in rows if row["country"] == country}
    name = context.language.country(country)
    years = list(range(min(values), max(values) + 1))
    what = context.tell("hover", country=name)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": years,
        "y": [values[year]["displaced_across"] / theme.MILLION if year in values else None for year in years],
        "connectgaps": False,
        "line": {"color": colour, "width": 3 if colour == theme.HIGHLIGHT else 1.75},
        "customdata": [
            parts.hover(
                context,
                values[year]["reference_date"],
                context.language.people(values[year]["displaced_across"]),
                what,
            )
            if year in values
            else ""
            for year in years
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _newest(rows: Sequence[Row]) -> list[Row]:
    """Return the newest row of each country, the largest first."""
    return list({row["rank"]: row for row in rows}.values())


def _label(row: Row, index: int, context: Context) -> str:
    amount = stacks.short(row["displaced_across"], theme.MILLION, context)
    text = f"{context.language.country(row['country'])} {amount}"
    return f"<b>{text}</b>" if index == 0 else text
