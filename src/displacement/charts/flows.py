"""The chart of the largest corridors: from which country to which other people have been displaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

FEW = 10
"""How many corridors a small picture has room for."""


def corridors(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the largest corridors as bands between origins and countries of asylum."""
    say, language = context.say, context.language
    if context.small:
        rows = rows[:FEW]
    largest = rows[0]
    names: dict[str, Any] = {
        "origin": language.country(largest["origin"]),
        "asylum": language.country(largest["asylum"]),
        "amount": language.people(largest["displaced_across"]),
        "year": str(largest["reference_date"].year),
    }
    return Drawing(
        title=say("corridors.title", **names),
        subtitle=say("corridors.subtitle", n=len(rows), date=largest["reference_date"]),
        alt=say(
            "corridors.alt",
            year=names["year"],
            corridors=language.listed(
                _corridor(row, context, language.amount(row["displaced_across"])) for row in rows[:5]
            ),
        ),
        data=[_bands(rows, context)],
        layout=theme.layout(margin={"l": 24, "r": 24, "t": 24, "b": 24}),
        notes=(
            say("corridors.share", n=len(rows), share=language.share(sum(row["share_of_world"] for row in rows))),
            say("across-is"),
            say("no-unrwa"),
            say("corridors.beside"),
        ),
        key=tuple(
            Key(
                f"{row['origin']}–{row['asylum']} · {_corridor(row, context)}",
                language.amount(row["displaced_across"]),
                theme.HIGHLIGHT if row["origin"] == largest["origin"] else theme.GREY,
            )
            for row in rows
        ),
        narrow_layout={"margin": {"l": 4, "r": 4, "t": 8, "b": 8}},
        narrow_data={
            0: {
                "node": {"label": [*_sums(rows, "origin"), *_sums(rows, "asylum")], "pad": 8},
                "textfont": {"size": theme.SMALL},
            },
        },
    )


def _bands(rows: Sequence[Row], context: Context) -> dict[str, Any]:
    say, language = context.say, context.language
    sides = {side: _sums(rows, side) for side in ("origin", "asylum")}
    totals = {(side, row[side]): row[f"{side}_displaced_across"] for row in rows for side in sides}
    places = [(side, code) for side, sums in sides.items() for code in sums]
    first = rows[0]["origin"]
    colours = theme.colours()
    return {
        "type": "sankey",
        "arrangement": "fixed",
        "textfont": {"family": theme.FONT, "size": theme.TEXT, "color": theme.INK, "shadow": "none"},
        "node": {
            "label": [
                f"{language.country(code)} {_part(sides[side][code], totals[side, code], context)}"
                for side, code in places
            ],
            "color": [theme.HIGHLIGHT if place == ("origin", first) else theme.QUIET for place in places],
            "pad": 14,
            "thickness": 12,
            "line": {"width": 0},
            "hoverinfo": "none",
        },
        "link": {
            "source": [places.index(("origin", row["origin"])) for row in rows],
            "target": [places.index(("asylum", row["asylum"])) for row in rows],
            "value": [row["displaced_across"] for row in rows],
            "color": [colours["band_highlight" if row["origin"] == first else "band"].light for row in rows],
            **parts.pointed_at(
                f"{language.date(row['reference_date'])} · {language.people(row['displaced_across'])}"
                f"<br>{_corridor(row, context)} · {say('release', release=context.release)}"
                for row in rows
            ),
        },
    }


def _corridor(row: Row, context: Context, amount: str = "") -> str:
    language = context.language
    return context.say("corridor", origin=language.country(row["origin"]), asylum=language.country(row["asylum"])) + (
        f" {amount}" if amount else ""
    )


def _part(value: int, total: int, context: Context) -> str:
    """Return how many of a total: "5.9 million of 7.6 million", so that a part is never taken for the whole."""
    amount = context.language.amount
    if amount(value) == amount(total):
        return amount(total)
    return context.say("part-of", part=amount(value), total=amount(total))


def _sums(rows: Sequence[Row], side: str) -> dict[str, int]:
    """Return the people of each country on one side, the largest first."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[side]] = sums.get(row[side], 0) + row["displaced_across"]
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
