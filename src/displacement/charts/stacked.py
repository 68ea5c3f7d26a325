"""Population types as stacked bars through time: of the world, and of a country as origin, as host and inside it.

Each type is drawn from its first figure on, and labelled at the end. A year without a figure has no bar, which is not a
bar of zero. Mid-years are hollow marks, joined to nothing. Events are drawn as context and never as cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Overlap, Row
from displacement.charts.marks import Mark, break_marks, event_marks
from displacement.charts.years import frame

PUBLISHED_BY = {"unrwa": "unrwa_refugees", "idmc": "idmc_idps"}
"""Publishers of one population type: named only where it is drawn."""
INSIDE = "idmc_idps"
COUNTED_ONCE = "idps_counted_once"


def world_total(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the world's total by population type as bars, and the totals published for those dates as marks."""
    say, language = context.say, context.language
    year_ends = [row for row in rows if row["period"] == "year-end"]
    newest = [row for row in year_ends if row["published_total"] is not None][-1]
    last = year_ends[-1]
    first, end = year_ends[0]["year"], last["year"]
    first_years = begins(list(theme.palette()), year_ends, context)
    drawn = [bars(name, year_ends, year, theme.MILLION, context) for name, year in first_years.items()]
    present = {name: last[name] for name in first_years if last[name] is not None}
    heights = {name: value(name, last) for name in present}
    highest = max(row[name] for row in rows for name in ("published_total", "forcibly_displaced") if row[name])
    axis, _ = parts.amounts(highest / theme.MILLION, context)
    later = sorted((year, name) for name, year in first_years.items() if year > first)
    moved = parts.moved(context, newest["published_yearly_change"])
    years = frame(
        context,
        first,
        end,
        axis,
        left=48,
        narrow_left=36,
        around=(1, 0.7),
        marks=marks(first_years, first, context),
        ends=labels(present, last["forcibly_displaced"], end + 0.45, theme.MILLION, context, heights),
        barmode="stack",
        bargap=0.18,
        showlegend=True,
        legend=theme.inner_legend(),
    )
    return Drawing(
        title=context.tell(
            "title", total=language.people(newest["published_total"]), year=str(newest["year"]), moved=moved
        ),
        subtitle=context.tell("subtitle", first=str(first), last=str(end), release=context.release),
        alt=context.tell(
            "alt",
            first=str(first),
            last=str(end),
            parts=_listed(present, context),
            total=language.millions(newest["published_total"]),
            year=str(newest["year"]),
            moved=moved,
        ),
        data=[*drawn, *_published_marks(rows, context)],
        layout=years.layout,
        notes=(
            context.tell(
                "begins",
                begins=language.listed(say("from", what=phrase(name, context), year=str(year)) for year, name in later),
            ),
            *overlap_note(last, context, "drawn-once"),
            context.tell("revised"),
        ),
        key=(
            *keys(present, context),
            Key(say("published.year-end"), language.millions(newest["published_total"]), theme.INK, "dot"),
            Key(say("published.mid-year"), "", theme.INK, "ring"),
            *years.key,
        ),
        narrow_layout=years.narrow,
        narrow_data={index: {"marker": {"size": 4, "line": {"width": 1}}} for index in (len(drawn), len(drawn) + 1)},
    )


def country_trend(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the people displaced from a country, in it or inside it, by population type."""
    say, language, types = context.say, context.language, context.declaration.types
    year_ends = [row for row in rows if row["period"] == "year-end"] or list(rows)
    first_years = begins(types, year_ends, context)
    mid_years = _whole_mid_years(rows, types)
    last = year_ends[-1]
    first, end = year_ends[0]["year"], max(row["year"] for row in (*year_ends, *mid_years))
    highest = max(row["total"] for row in (*year_ends, *mid_years))
    unit, unit_name = theme.scale(highest)
    axis, _ = parts.amounts(highest / unit, context)
    present = {name: last[name] for name in first_years if last[name] is not None}
    heights = {name: value(name, last) for name in present}
    dates = [
        *marks(first_years, first, context),
        *break_marks(
            context,
            [name for name, year in first_years.items() if not (theme.palette()[name].marked and year > first)],
            first,
            end,
            touches=lambda entry: any(
                row[entry.indicator] is not None and entry.first_year - row["year"] in (0, 1) for row in year_ends
            ),
        ),
        *event_marks(context, first, end),
    ]
    years = frame(
        context,
        first,
        end,
        axis,
        left=12 + parts.widest(axis),
        marks=dates,
        ends=labels(present, last["total"], end + 0.45, unit, context, heights),
        barmode="stack",
        bargap=0.18,
    )
    at_most = max(year_ends, key=lambda row: (row["total"], row["year"]))
    values: dict[str, Any] = {
        "place": context.place,
        "year": str(last["year"]),
        "total": language.people(last["total"]),
        "moved": parts.moved(context, last["change"]),
    }
    return Drawing(
        title=context.tell("title", **values),
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
            parts=_listed(present, context),
            highest=say("highest", amount=language.amount(at_most["total"]), year=str(at_most["year"])),
            **values,
        ),
        data=[
            *(bars(name, year_ends, year, unit, context) for name, year in first_years.items()),
            *([_mid_years(mid_years, unit, context)] if mid_years else []),
        ],
        layout=years.layout,
        notes=(
            *([say("mid-years-hollow")] if mid_years else []),
            say("gaps"),
            *([say("overlap.country", amount=language.people(last["overlap"]))] if last.get("overlap") else []),
            *([say("events-are-context")] if any(mark.is_event for mark in dates) else []),
        ),
        unused=tuple(publisher for publisher, name in PUBLISHED_BY.items() if name not in first_years),
        key=(
            *keys(present, context),
            *([Key(say("mid-year"), "", theme.INK, "ring")] if mid_years else []),
            *years.key,
        ),
        narrow_layout=years.narrow,
    )


def _listed(present: Mapping[str, int], context: Context) -> str:
    language = context.language
    return language.listed(f"{phrase(name, context)}: {language.amount(value)}" for name, value in present.items())


def _published_marks(rows: Sequence[Row], context: Context) -> list[dict[str, Any]]:
    """Return the published totals: filled where they describe a year-end, hollow at mid-years."""
    return [
        parts.points(
            [row for row in rows if row["period"] == period and row["published_total"] is not None],
            lambda row: row["published_total"] / theme.MILLION,
            lambda row: parts.as_published(row, context),
            fill,
            rim,
            name=context.say(f"published.{period}"),
        )
        for period, fill, rim in (("year-end", theme.INK, theme.GROUND), ("mid-year", theme.GROUND, theme.INK))
    ]


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


def _mid_years(rows: Sequence[Row], unit: int, context: Context) -> dict[str, Any]:
    said = context.tell("hover", place=context.place)
    return parts.points(
        rows,
        lambda row: row["total"] / unit,
        lambda row: parts.hover(context, row["reference_date"], context.language.people(row["total"]), said),
        theme.GROUND,
        theme.INK,
        name=context.say("mid-year"),
    )


def overlap_note(row: Row, context: Context, how: str) -> tuple[str, ...]:
    """Return the sentences about people whom two types count, with their number; none where there is no overlap."""
    if not row["overlap"]:
        return ()
    amount = context.language.people(row["overlap"])
    return (
        *(_overlap_reason(entry, context) for entry in context.overlaps),
        context.say(f"overlap.{how}", amount=amount, date=row["reference_date"]),
    )


def _overlap_reason(entry: Overlap, context: Context) -> str:
    """Return why some people count once: a message where the rule has one, else the words of the reviewed table."""
    message = f"overlap.{entry.indicator}.{entry.country}"
    if context.language.code != "en" and context.language.has(f"chart.{message}"):
        return context.say(message)
    return f"{entry.reason}."


# --- the parts of a stack ---------------------------------------------------------------------------------------------


def name(indicator: str, context: Context) -> str:
    """Return the short name of a population type."""
    return context.language.text(f"type.{indicator}")


def phrase(indicator: str, context: Context) -> str:
    """Return the name of a population type within a sentence."""
    return context.say(f"type.{indicator}.phrase")


def first_year(indicator: str, rows: Sequence[Row], context: Context) -> int | None:
    """Return the year of an indicator's first figure, never before the indicator begins; None without figures."""
    start = context.indicators[indicator].first_year
    return min((row["year"] for row in rows if row[indicator] is not None and row["year"] >= start), default=None)


def begins(types: Sequence[str], rows: Sequence[Row], context: Context) -> dict[str, int]:
    """Return the first year of each type that has figures."""
    years = {indicator: first_year(indicator, rows, context) for indicator in types}
    return {indicator: year for indicator, year in years.items() if year is not None}


def bars(indicator: str, rows: Sequence[Row], begin: int, unit: int, context: Context) -> dict[str, Any]:
    """Return the bars of one type at year-ends, from the year on in which it begins."""
    part = [row for row in rows if row["year"] >= begin and row[indicator] is not None]
    said = phrase(indicator, context)
    if indicator == INSIDE and any(row.get(COUNTED_ONCE) is not None and row["overlap"] for row in part):
        said = context.say("once", what=said)
    return parts.bars(
        part,
        lambda row: value(indicator, row) / unit,
        lambda row: parts.hover(context, row["reference_date"], context.language.amount(value(indicator, row)), said),
        theme.palette()[indicator].colour,
        name=name(indicator, context),
        showlegend=False,
    )


def value(indicator: str, row: Row) -> int:
    """Return what the bar shows: people whom two components count are left out of the IDPs."""
    shown: int = row[COUNTED_ONCE if indicator == INSIDE and COUNTED_ONCE in row else indicator]
    return shown


def marks(years: Mapping[str, int], first: int, context: Context) -> list[Mark]:
    """Return where types begin after the first year drawn."""
    return [
        Mark(year - 0.5, context.say("counted-from", what=name(indicator, context), year=str(year)))
        for indicator, year in years.items()
        if theme.palette()[indicator].marked and year > first
    ]


def labels(
    present: Mapping[str, int],
    total: int | None,
    x: float,
    unit: int,
    context: Context,
    drawn: Mapping[str, int] | None = None,
) -> list[tuple[float, float, str, str]]:
    """Return the labels at the end of the stack: each type with its amount, and what all are together.

    `drawn` holds how high bars are where that differs from the amount: people of two types are drawn once.
    """
    ends, below = [], 0.0
    for indicator, persons in present.items():
        amount = (drawn or present)[indicator] / unit
        colour = theme.palette()[indicator].colour
        shown = short(persons, unit, context)
        ends.append((x, below + amount / 2, f"{name(indicator, context)} <b>{shown}</b>", colour))
        below += amount
    if total is not None and len(present) > 1:
        once = INSIDE in present  # only then people can be in two of the types
        text = context.say("all-once" if once else "all", amount=context.language.amount(total))
        ends.append((x, total / unit, f"<b>{text}</b>", theme.INK))
    return ends


def short(persons: int, unit: int, context: Context) -> str:
    """Return an amount in the unit of the axis, in full where the unit would hide it."""
    if unit == theme.MILLION and persons >= 50_000:
        return context.language.decimal(persons / unit)
    if unit == theme.THOUSAND and persons >= 50:
        return context.language.decimal(persons / unit)
    return context.language.number(persons)


def keys(present: Mapping[str, int], context: Context) -> tuple[Key, ...]:
    """Return the key of a stack for a narrow screen, from the top down."""
    return tuple(
        Key(name(indicator, context), context.language.amount(persons), theme.palette()[indicator].colour)
        for indicator, persons in reversed(list(present.items()))
    )
