"""Charts of asylum: new claims a year, persons and cases apart, and how many decisions give protection.

Claims and decisions of a year are not of the same people: a decision may fall years after the claim. A break in a
series is marked, with its reason; bars join nothing across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row

APPLICATIONS, DECISIONS = "asylum_applications", "asylum_decisions_recognized"


def claims(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw new claims by year: persons filled, cases in outline beside them, never on top of each other."""
    say = context.say
    persons = [row for row in rows if row["unit"] == "persons"]
    cases = [row for row in rows if row["unit"] == "cases"]
    told = persons or cases
    last, unit_of_last = told[-1], "persons" if persons else "cases"
    first, end = rows[0]["year"], rows[-1]["year"]
    highest = max(row["applications"] for row in rows)
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest / unit, context)
    strip = parts.strip(_breaks(rows, (APPLICATIONS, f"{APPLICATIONS}_cases"), context), first, end, context)
    peak = max(told, key=lambda row: (row["applications"], row["year"]))
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "amount": _counted(last["applications"], unit_of_last, context),
        "peak": _counted(peak["applications"], unit_of_last, context),
        "peak_year": str(peak["year"]),
    }
    also = [row for row in cases if row["year"] == last["year"]] if persons else []
    title = context.tell("title" if peak is not last else "title-peak", **values)
    left = 12 + parts.widest(axis)
    return Drawing(
        title=title,
        subtitle=context.tell(
            "subtitle",
            place=context.place,
            first=str(first),
            last=str(end),
            unit=say(f"number.{unit_name}"),
        ),
        alt=context.tell("alt", first=str(first), also=_also(also, context), **values),
        data=[
            *([_bars(persons, unit, "persons", context)] if persons else []),
            *([_bars(cases, unit, "cases", context)] if cases else []),
        ],
        layout=theme.layout(
            barmode="group",
            bargap=0.2,
            bargroupgap=0.05,
            margin={"l": left, "r": 24, "t": 40 + strip.height, "b": 40},
            xaxis=theme.time_axis(first - 0.7, end + 0.7, tickvals=parts.decades(first, end)),
            yaxis=axis,
            shapes=strip.shapes,
            annotations=strip.annotations,
            showlegend=bool(persons and cases),
            legend=theme.inner_legend(),
        ),
        notes=(
            say("asylum.new-claims"),
            *([say("asylum.cases")] if cases else []),
            *([say("asylum.also", year=values["year"], cases=_cases(also, context))] if also else []),
            say("gaps"),
        ),
        key=(
            *([Key(say("asylum.persons"), "", theme.HIGHLIGHT)] if persons else []),
            *([Key(say("asylum.in-cases"), "", theme.colours()["other"].light)] if cases else []),
            *strip.key,
        ),
        narrow_layout={
            "margin": {"l": left, "r": 12, "t": 28, "b": 32},
            "showlegend": False,
            "annotations": strip.narrow_annotations,
            "shapes": strip.narrow_shapes,
            "xaxis": {"tickvals": parts.decades(first, end)[::2]},
        },
    )


def protection(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the share of decisions that recognise refugees or give other protection, as stacked bars."""
    say, language = context.say, context.language
    last = rows[-1]
    first, end = rows[0]["year"], last["year"]
    strip = parts.strip(_breaks(rows, (APPLICATIONS, DECISIONS), context), first, end, context, 200)
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "share": language.share(last["total_protection_rate"]),
        "recognised": language.share(last["recognition_rate"]),
        "decisions": language.amount(last["decisions"]),
    }
    ticks = [0, 0.25, 0.5, 0.75, 1]
    label_x = end + 0.45
    ends = [
        (
            label_x,
            last["recognition_rate"] / 2,
            say("asylum.recognised", share=f"<b>{values['recognised']}</b>"),
            theme.HIGHLIGHT,
        ),
    ]
    other = last["total_protection_rate"] - last["recognition_rate"]
    if other > 0:
        said = say("asylum.complementary", share=f"<b>{language.share(other)}</b>")
        ends.append((label_x, last["recognition_rate"] + other / 2, said, theme.palette()["idmc_idps"].colour))
    top = context.height - 40 - strip.height - 40
    return Drawing(
        title=context.tell("title", **values),
        subtitle=context.tell("subtitle", place=context.place, first=str(first), last=str(end)),
        alt=context.tell(
            "alt", first=str(first), first_share=language.share(rows[0]["total_protection_rate"]), **values
        ),
        data=[_shares(rows, name, context) for name in ("recognized", "complementary")],
        layout=theme.layout(
            barmode="stack",
            bargap=0.2,
            margin={
                "l": 52,
                "r": theme.margin_for([label for _, _, label, _ in ends]),
                "t": 40 + strip.height,
                "b": 40,
            },
            xaxis=theme.time_axis(first - 0.7, end + 0.7, tickvals=parts.decades(first, end)),
            yaxis=theme.amount_axis(1, tickvals=ticks, ticktext=[language.share(tick) for tick in ticks]),
            shapes=strip.shapes,
            annotations=[*strip.annotations, *theme.end_labels(ends, pixels_per_unit=top)],
        ),
        notes=(say("asylum.decisions"), say("asylum.persons-only"), say("gaps")),
        key=(
            Key(say("asylum.key-recognised"), values["recognised"], theme.HIGHLIGHT),
            Key(say("asylum.key-complementary"), language.share(max(0, other)), theme.palette()["idmc_idps"].colour),
            *strip.key,
        ),
        narrow_layout={
            "margin": {"l": 48, "r": 12, "t": 28, "b": 32},
            "annotations": strip.narrow_annotations,
            "shapes": strip.narrow_shapes,
            "xaxis": {"tickvals": parts.decades(first, end)[::2]},
        },
    )


def _breaks(rows: Sequence[Row], indicators: Sequence[str], context: Context) -> list[parts.Mark]:
    """Return the breaks: those of any country where many countries are added up, else those of the host alone."""
    many = context.country is None or rows[0]["role"] == "origin"
    return parts.break_marks(context, indicators, rows[0]["year"], rows[-1]["year"], everywhere=many)


def _counted(number: int, unit: str, context: Context) -> str:
    if unit == "persons":
        return context.language.people(number)
    return context.say("cases", number=context.language.amount(number))


def _also(cases: Sequence[Row], context: Context) -> str:
    """Return ", and 291,558 cases" where some claims of the last year are counted so; nothing else."""
    if not cases:
        return ""
    return context.say("asylum.and-cases", cases=_cases(cases, context))


def _cases(cases: Sequence[Row], context: Context) -> str:
    return _counted(cases[0]["applications"], "cases", context)


def _bars(rows: Sequence[Row], unit: int, kind: str, context: Context) -> dict[str, Any]:
    grey = theme.colours()["other"].light
    colour = (
        {"color": theme.HIGHLIGHT, "line": {"width": 0}}
        if kind == "persons"
        else {"color": theme.GROUND, "line": {"color": grey, "width": 1.5}}
    )
    name = context.say("asylum.persons" if kind == "persons" else "asylum.in-cases")
    return {
        "type": "bar",
        "name": name,
        "x": [row["year"] for row in rows],
        "y": [row["applications"] / unit for row in rows],
        "marker": colour,
        "customdata": [
            f"{row['year']} · {_counted(row['applications'], kind, context)}<br>{context.say('asylum.hover')} · "
            f"{context.say('release', release=context.release)}"
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _shares(rows: Sequence[Row], name: str, context: Context) -> dict[str, Any]:
    part = [row for row in rows if row[name] is not None]
    recognised = name == "recognized"
    label = context.say("asylum.key-recognised" if recognised else "asylum.key-complementary")
    return {
        "type": "bar",
        "name": label,
        "x": [row["year"] for row in part],
        "y": [row[name] / row["decisions"] for row in part],
        "marker": {
            "color": theme.HIGHLIGHT if recognised else theme.palette()["idmc_idps"].colour,
            "line": {"width": 0},
        },
        "customdata": [
            context.say(
                "asylum.hover-rate",
                year=str(row["year"]),
                what=label,
                share=context.language.share(row[name] / row["decisions"]),
                decisions=context.language.amount(row["decisions"]),
            )
            for row in part
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
