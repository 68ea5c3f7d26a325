"""People by age and sex: a pyramid of those whose age and sex were recorded, and how many of all that is.

Nobody is added who was not asked: shares are of the people recorded, and the coverage is in the subtitle. Age bands
are as wide as the publisher's, so that a long bar may be a wide band.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

SEXES = ("male", "female")
CHILDREN = ("0-4", "5-11", "12-17")


def age_and_sex(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the pyramid of the world, or of a country as host or as origin."""
    say, language = context.say, context.language
    known, people = rows[0]["people_by_age"], rows[0]["people"]
    children = sum((row[sex] or 0) for row in rows if row["age"] in CHILDREN for sex in SEXES)
    women = sum((row["female"] or 0) for row in rows)
    highest = max((row[sex] or 0) for row in rows for sex in SEXES)
    unit, unit_name = theme.scale(highest)
    _, top = parts.amounts(highest / unit, context, most=4)
    values: dict[str, Any] = {
        "place": context.place,
        "date": rows[0]["reference_date"],
        "year": str(rows[0]["reference_date"].year),
        "children": language.share(children / known),
        "women": language.share(women / known),
        "known": language.amount(known),
        "people": language.people(people),
        "coverage": language.share(1 if known >= people else min(0.99, known / people)),  # all is all
    }
    return Drawing(
        title=context.tell("title", **values),
        subtitle=context.tell("subtitle", unit=say(f"unit.{unit_name}"), **values),
        alt=context.tell(
            "alt",
            bands=language.listed(
                say(
                    "age.band",
                    age=_age(row),
                    female=language.amount(row["female"] or 0),
                    male=language.amount(row["male"] or 0),
                )
                for row in rows
            ),
            **values,
        ),
        data=[_bars(rows, sex, unit, known, context) for sex in SEXES],
        layout=theme.layout(
            barmode="relative",
            bargap=0.15,
            margin={"l": 64, "r": 24, "t": 44, "b": 40},
            xaxis=_axis(top, context),
            yaxis=theme.name_axis([_age(row) for row in rows], -0.5, len(rows) - 0.5),
            annotations=[_title(sex, context) for sex in SEXES],
        ),
        notes=(say("age.coverage", **values), say("age.types"), say("age.bands")),
        key=tuple(
            Key(say(f"age.{sex}"), language.amount(sum(row[sex] or 0 for row in rows)), _colour(sex)) for sex in SEXES
        ),
        narrow_layout={"margin": {"l": 52, "r": 12, "t": 32, "b": 32}},
    )


def _bars(rows: Sequence[Row], sex: str, unit: int, known: int, context: Context) -> dict[str, Any]:
    """Return the bars of one sex: to the left for men and boys, to the right for women and girls."""
    side = -1 if sex == "male" else 1
    name = context.say(f"age.{sex}")
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [index for index, row in enumerate(rows) if row[sex] is not None],
        "x": [side * row[sex] / unit for row in rows if row[sex] is not None],
        "marker": {"color": _colour(sex), "line": {"width": 0}},
        "text": [context.language.share(row[sex] / known) for row in rows if row[sex] is not None],
        "textposition": "auto",
        "textfont": {"size": theme.TEXT},
        **parts.pointed_at(
            parts.hover(context, row["reference_date"], context.language.people(row[sex]), f"{name}, {_age(row)}")
            for row in rows
            if row[sex] is not None
        ),
    }


def _axis(top: float, context: Context) -> dict[str, Any]:
    """Return an axis of amounts to both sides of zero, none of them negative in words."""
    distance = theme.step(top, 4)
    steps = [distance * index for index in range(round(top / distance) + 1)]
    values = [-value for value in steps[:0:-1]] + steps
    return {
        "range": [-top * 1.02, top * 1.02],
        "tickvals": values,
        "ticktext": parts.numbers([abs(value) for value in values], distance, context),
        "gridcolor": theme.RULE,
        "zeroline": True,
        "zerolinecolor": theme.GROUND,
        "zerolinewidth": 2,
        "tickfont": {"color": theme.QUIET},
        "fixedrange": True,
    }


def _title(sex: str, context: Context) -> dict[str, Any]:
    left = sex == "male"
    return theme.text(
        f"<b>{context.say(f'age.{sex}')}</b>",
        xref="x",
        yref="paper",
        x=0,
        y=1,
        xanchor="right" if left else "left",
        align="right" if left else "left",
        xshift=-8 if left else 8,
        yanchor="bottom",
        yshift=4,
        font={"size": theme.TEXT, "color": _colour(sex)},
    )


def _colour(sex: str) -> str:
    return theme.colours()["stateless" if sex == "male" else "returned"].light


def _age(row: Row) -> str:
    """Return an age band as people read it: "5–11", "60+"."""
    return str(row["age"]).replace("-", "–")
