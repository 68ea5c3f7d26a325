"""Charts of the world's totals: since the beginning by population type, the change a year, inside against across.

Published totals and totals recomputed from the newest figures are two series. Titles use the published one; a chart
that draws the recomputed one says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from displacement.charts import theme, wording
from displacement.charts.chart import Context, Drawing, Key, Row

INSIDE = "idmc_idps"
COUNTED_ONCE = "idps_counted_once"
HEIGHT = 520


def world_total(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the world's total by population type as bars, and the totals published for those dates as marks."""
    height = HEIGHT - 24 - 40
    year_ends = [row for row in rows if row["period"] == "year-end"]
    newest = [row for row in year_ends if row["published_total"] is not None][-1]
    last = year_ends[-1]
    begins = {indicator: _first_year(indicator, year_ends, context) for indicator in theme.palette()}
    drawn = {indicator: _bars(indicator, year_ends, begins[indicator], context) for indicator in theme.palette()}
    first, end = year_ends[0]["year"], last["year"]
    top = _ceiling(max(_published(rows) + [row["forcibly_displaced"] or 0 for row in year_ends]) / wording.MILLION, 20)
    present = {name: value for name in theme.palette() if (value := _drawn(name, last)) is not None}
    marks = [(name, begins[name]) for name, kind in theme.palette().items() if kind.marked and begins[name]]
    marks.sort(key=lambda mark: mark[1] or 0)
    layout = theme.layout(
        barmode="stack",
        bargap=0.18,
        margin={"l": 48, "r": theme.LABELS + 70, "t": 24, "b": 40},
        xaxis=theme.time_axis(first - 1, end + 0.7, tickvals=_decades(first, end)),
        yaxis=theme.amount_axis(top, dtick=20),
        shapes=[_begin_line(year, top * level) for (_, year), level in _levels(marks)],
        annotations=[
            *(_begin_label(name, year, top * level) for (name, year), level in _levels(marks)),
            *_stack_labels(present, last, end, height / top),
        ],
        showlegend=True,
        legend={
            "x": 0.01,
            "y": 0.98,
            "xanchor": "left",
            "yanchor": "top",
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": theme.TEXT},
        },
    )
    later = sorted((year, name) for name, year in begins.items() if year is not None and year > first)
    starting = wording.listed([f"{_name(name)} from {year}" for year, name in later])
    change = newest["published_yearly_change"]
    return Drawing(
        title=f"{wording.millions(newest['published_total'])} people were forcibly displaced at "
        f"{wording.end_of(newest['reference_date'])}{_compared(change)}",
        subtitle=f"World, year-ends {first} to {end}, millions of people. Bars: recomputed from the figures of release "
        f"{context.release}; dots: totals as published",
        alt=f"Stacked bars of forcibly displaced people in the world at each year’s end from {first} to {end}, in "
        f"millions. At {wording.end_of(last['reference_date'])}: "
        + wording.listed(
            [f"{wording.millions(value)} {theme.palette()[name].phrase}" for name, value in present.items()]
        )
        + f". The total published for {wording.end_of(newest['reference_date'])} is "
        f"{wording.millions(newest['published_total'])}{_compared(change)}.",
        data=[*drawn.values(), *_published_marks(rows)],
        layout=layout,
        notes=(
            f"A type is drawn from its first figure on: {starting}. Earlier bars hold the types counted then and are "
            "not totals of forced displacement.",
            *_overlap_note(last, context, "are drawn once, and left out of the internally displaced"),
            "The past is revised, so that bars differ from what was published then. Mid-years have a published total "
            "only.",
        ),
        key=(
            *(
                Key(theme.palette()[name].label, wording.millions(value), theme.palette()[name].colour)
                for name, value in reversed(present.items())
            ),
            Key("Published total, year-end", wording.millions(newest["published_total"]), theme.INK, "dot"),
            Key("Published total, mid-year", "", theme.INK, "ring"),
        ),
        narrow_layout={
            "margin": {"l": 32, "r": 12, "t": 12, "b": 32},
            "showlegend": False,
            "annotations": [
                _begin_label(name, year, top * level, short=True) for (name, year), level in _levels(marks)
            ],
            "xaxis": {"tickvals": _decades(first, end)[::2]},
        },
        narrow_data={index: {"marker": {"size": 4, "line": {"width": 1}}} for index in (len(drawn), len(drawn) + 1)},
    )


def yearly_change(rows: Sequence[Row], _context: Context) -> Drawing:
    """Draw the change of the published total in each year against the change that the claim speaks of."""
    years = [row["year"] for row in rows]
    changes = [row["published_yearly_change"] for row in rows]
    claimed, claimant = rows[-1]["claimed_change"], rows[-1]["claimant"]
    last = rows[-1]
    reached = [row["year"] for row in rows if row["published_yearly_change"] >= claimed]
    means = [row for row in rows if row["mean_of_three_years"] is not None]
    low = -_ceiling(max(0, -min(changes)) * 1.1 / wording.MILLION, 2)
    high = _ceiling(max(*changes, claimed) * 1.05 / wording.MILLION, 2)
    limit = claimed / wording.MILLION
    claim_text = f"{_plain_millions(claimed)} a year: the claim ({claimant}, {last['claim_made_on'].year})"
    mean_now = wording.signed(means[-1]["mean_of_three_years"])
    layout = theme.layout(
        margin={"l": PLAIN_LEFT, "r": 150, "t": 24, "b": 56},
        bargap=0.35,
        xaxis=theme.time_axis(
            years[0] - 0.6,
            years[-1] + 0.6,
            tickvals=years,
            ticktext=[_tick(row) for row in rows],
            tickfont={"color": theme.INK},
        ),
        yaxis=theme.amount_axis(high, showticklabels=False, showgrid=False) | {"range": [low, high]},
        shapes=[_level_line(limit)],
        annotations=[
            theme.text(claim_text, x=years[0] - 0.5, y=limit, yanchor="bottom", font={"size": theme.TEXT}),
            theme.text(
                f"Mean of three<br>years: <b>{mean_now}</b>",
                x=1,
                xref="paper",
                xshift=4,
                y=means[-1]["mean_of_three_years"] / wording.MILLION,
                font={"size": theme.TEXT, "color": theme.INK},
            ),
        ],
    )
    return Drawing(
        title=f"{_reached(reached, len(rows), claimed)}; in {last['year']} it "
        f"{_moved(last['published_yearly_change'])}",
        subtitle=f"Change of the published world total of forcibly displaced people from year-end to year-end, "
        f"{years[0]} to {years[-1]}, millions of people",
        alt="Bars of the yearly change of the published total of forcibly displaced people, in millions: "
        + ", ".join(f"{row['year']} {wording.signed(row['published_yearly_change'])}" for row in rows)
        + f". A line marks the claimed {_plain_millions(claimed)} a year. The mean of the last three years is "
        f"{mean_now}.",
        data=[
            {
                "type": "bar",
                "x": years,
                "y": [wording.in_millions(change) for change in changes],
                "text": [wording.signed(change) for change in changes],
                "textposition": "none",
                "marker": {"color": [theme.HIGHLIGHT if change >= 0 else theme.FALL for change in changes]},
                "customdata": [wording.millions(row["published_total"]) for row in rows],
                "hovertemplate": "Published total at the end of %{x}: %{customdata},<br>%{text} million in a year"
                "<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [row["year"] for row in means],
                "y": [wording.in_millions(row["mean_of_three_years"]) for row in means],
                "line": {"color": theme.INK, "width": 2},
                "marker": {
                    "color": theme.GROUND,
                    "size": 6,
                    "line": {"color": theme.INK, "width": 2},
                    "symbol": "square",
                },
                "hovertemplate": "Mean yearly change of the three years to the end of %{x}: %{y:+.1f} million"
                "<extra></extra>",
            },
        ],
        layout=layout,
        notes=(
            "Year-ends only: a mid-year total is not compared with a year-end. Each change is the difference of two "
            "totals as they were published then, later revisions left out.",
            f"The line is the mean change over three years, by which the claim is judged ({claimant}, "
            f"{wording.day(last['claim_made_on'])}).",
        ),
        key=(
            Key("Change in a year", "", theme.HIGHLIGHT),
            Key("Mean of three years", mean_now, theme.INK, "line"),
            Key(f"The claim ({claimant}, {last['claim_made_on'].year})", wording.signed(claimed), theme.FALL, "dash"),
        ),
        narrow_layout={
            "margin": {"l": 8, "r": 8, "t": 16, "b": 48},
            "xaxis": {"tickvals": years[::-2], "ticktext": [_tick(row) for row in rows[::-2]]},
            "annotations": [],
        },
    )


def inside_and_across(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw people displaced inside their country against those displaced across borders."""
    height = HEIGHT - 24 - 40
    last = rows[-1]
    lines = {"inside": ("Inside their country", INSIDE), "across": ("Across borders", "refugees")}
    first, end = rows[0]["year"], last["year"]
    compared = next((row["year"] for row in rows if row["published_total"] is not None), end)
    top = _ceiling(max(max(row["inside"], row["across"]) for row in rows) * 1.05 / wording.MILLION, 10)
    colours = {name: theme.palette()[kind].colour for name, (_, kind) in lines.items()}
    published = [row for row in rows if row["inside_as_published"] is not None]
    more, fewer = sorted(lines, key=lambda name: -last[name])
    place = {"inside": "inside their own country", "across": "across borders"}
    traces: list[dict[str, Any]] = []
    for name in lines:
        for part, dash in (
            ([row for row in rows if row["year"] <= compared], "dot"),
            ([row for row in rows if row["year"] >= compared], "solid"),
        ):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [row["year"] for row in part],
                    "y": [wording.in_millions(row[name]) for row in part],
                    "line": {"color": colours[name], "width": 3, "dash": dash},
                    "hovertemplate": f"31 December %{{x}} · %{{y:.2f}} million people displaced<br>{place[name]} · "
                    f"recomputed, release {context.release}<extra></extra>",
                }
            )
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [row["year"] for row in published],
            "y": [wording.in_millions(row["inside_as_published"]) for row in published],
            "marker": {"color": colours["inside"], "size": 8, "line": {"color": theme.GROUND, "width": 1.5}},
            "hovertemplate": "31 December %{x} · %{y:.1f} million people displaced<br>inside their own country · as "
            "published then<extra></extra>",
        }
    )
    layout = theme.layout(
        margin={"l": 48, "r": theme.LABELS + 50, "t": 24, "b": 40},
        xaxis=theme.time_axis(first - 0.5, end + 0.5, dtick=5),
        yaxis=theme.amount_axis(top, dtick=10 if top <= 80 else 20),
        shapes=[_begin_line(compared, top)],
        annotations=[
            theme.text(
                f"No published total before {compared}:<br>recomputed only",
                x=compared - 0.5,
                xshift=-6,
                y=top,
                xanchor="right",
                yanchor="top",
                align="right",
                font={"size": theme.TEXT, "color": theme.QUIET},
            ),
            *theme.end_labels(
                [
                    (end, last[name] / wording.MILLION, f"<b>{label}</b> {wording.millions(last[name])}", colours[name])
                    for name, (label, _) in lines.items()
                ],
                label_x=end + 0.8,
                pixels_per_unit=height / top,
            ),
        ],
    )
    return Drawing(
        title=f"More people are displaced {place[more]} than {place[fewer]}: {wording.millions(last[more])} against "
        f"{wording.millions(last[fewer])} at {wording.end_of(last['reference_date'])}",
        subtitle=f"World, year-ends {first} to {end}, millions of people. Lines: recomputed from the figures of "
        f"release {context.release}; dots: internally displaced as published then",
        alt=f"Two lines from {first} to {end}. People displaced inside their own country: "
        f"{wording.millions(rows[0]['inside'])} at first, {wording.millions(last['inside'])} at the end. People "
        f"displaced across borders: {wording.millions(rows[0]['across'])} at first, "
        f"{wording.millions(last['across'])} at the end.",
        data=traces,
        layout=layout,
        notes=(
            f"Both lines begin in {first}, the first year that has every part. Inside: internally displaced people "
            "(IDMC). Across: refugees (UNHCR and UNRWA), asylum-seekers and others in need of international "
            "protection.",
            *_overlap_note(last, context, "are in both lines, and count once in the world’s total"),
        ),
        key=(
            *(
                Key(label, wording.millions(last[name]), colours[name], "line")
                for name, (label, _) in sorted(lines.items(), key=lambda line: -last[line[0]])
            ),
            Key("Inside, as published then", "", colours["inside"], "dot"),
            Key(f"Dotted: no published total before {compared}, recomputed only", "", theme.QUIET, "dash"),
        ),
        narrow_layout={"margin": {"l": 32, "r": 12, "t": 12, "b": 32}, "annotations": [], "xaxis": {"dtick": 10}},
    )


PLAIN_LEFT = 24
"""The left margin of a chart whose amounts stand on its bars instead of an axis."""


def _name(indicator: str) -> str:
    return theme.palette()[indicator].phrase


def _first_year(indicator: str, rows: Sequence[Row], context: Context) -> int | None:
    """Return the year of an indicator's first figure, never before the indicator begins; None without figures."""
    start = context.indicators[indicator].first_year
    return min((row["year"] for row in rows if row[indicator] is not None and row["year"] >= start), default=None)


def _drawn(indicator: str, row: Row) -> int | None:
    """Return what the bar shows: people whom two components count are left out of the IDPs."""
    value: int | None = row[COUNTED_ONCE if indicator == INSIDE else indicator]
    return value


def _bars(indicator: str, rows: Sequence[Row], begins: int | None, context: Context) -> dict[str, Any]:
    part = [row for row in rows if begins is not None and row["year"] >= begins and row[indicator] is not None]
    once = " (those in another type left out)" if indicator == INSIDE and any(row["overlap"] for row in part) else ""
    return {
        "type": "bar",
        "name": theme.palette()[indicator].label,
        "x": [row["year"] for row in part],
        "y": [wording.in_millions(_drawn(indicator, row)) for row in part],
        "marker": {"color": theme.palette()[indicator].colour, "line": {"width": 0}},
        "showlegend": False,
        "hovertemplate": f"31 December %{{x}} · %{{y:.2f}} million<br>{_name(indicator)}{once} · release "
        f"{context.release}<extra></extra>",
    }


def _published(rows: Sequence[Row]) -> list[int]:
    return [row["published_total"] for row in rows if row["published_total"] is not None]


def _published_marks(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the published totals: filled where they describe a year-end, hollow at mid-years, half a year earlier."""
    traces = []
    for period, label, offset, fill in (
        ("year-end", "Published total, year-end", 0.0, theme.INK),
        ("mid-year", "Published total, mid-year", -0.5, theme.GROUND),
    ):
        part = [row for row in rows if row["period"] == period and row["published_total"] is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label,
                "x": [row["year"] + offset for row in part],
                "y": [wording.in_millions(row["published_total"]) for row in part],
                "customdata": [wording.day(row["reference_date"]) for row in part],
                "marker": {
                    "color": fill,
                    "size": 7,
                    "symbol": "circle",
                    "line": {"color": theme.INK if period == "mid-year" else theme.GROUND, "width": 1.5},
                },
                "hovertemplate": "%{customdata} · %{y:.1f} million people<br>forcibly displaced, as published"
                "<extra></extra>",
            }
        )
    return traces


def _stack_labels(present: dict[str, int], row: Row, end: int, pixels_per_unit: float) -> list[dict[str, Any]]:
    ends, below = [], 0.0
    for name, value in present.items():
        amount = value / wording.MILLION
        kind = theme.palette()[name]
        ends.append((end + 0.45, below + amount / 2, f"{kind.label} <b>{amount:.1f}</b>", kind.colour))
        below += amount
    total = row["forcibly_displaced"]
    if total is not None:
        ends.append(
            (end + 0.45, total / wording.MILLION, f"<b>All, counted once {wording.millions(total)}</b>", theme.INK)
        )
    return theme.end_labels(ends, label_x=end + 1.8, pixels_per_unit=pixels_per_unit)


def _levels(marks: Sequence[tuple[str, Any]]) -> list[tuple[tuple[str, Any], float]]:
    """Return each mark with the height of its label: later ones higher, since the bars grow."""
    step = 0.3 / max(1, len(marks) - 1)
    return [(mark, 0.55 + step * index) for index, mark in enumerate(marks)]


def _begin_line(year: float, height: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": year - 0.5,
        "x1": year - 0.5,
        "y0": 0,
        "y1": height,
        "line": {"color": theme.QUIET, "width": 1, "dash": "dot"},
    }


def _begin_label(indicator: str, year: int, height: float, *, short: bool = False) -> dict[str, Any]:
    label = theme.palette()[indicator].label
    return theme.text(
        f"{label}<br>from {year}" if short else f"{label}: counted from {year}",
        x=year - 0.5,
        y=height,
        xanchor="right",
        yanchor="top",
        align="right",
        xshift=-3,
        font={"size": theme.SMALL if short else theme.TEXT, "color": theme.QUIET},
    )


def _level_line(level: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": level,
        "y1": level,
        "line": {"color": theme.FALL, "width": 2, "dash": "dash"},
    }


def _compared(change: int | None) -> str:
    if change is None:
        return ""
    return f", {wording.millions(abs(change))} {'more' if change > 0 else 'fewer'} than a year before"


def _moved(change: int) -> str:
    if change == 0:
        return "did not change"
    return f"{'grew' if change > 0 else 'fell'} by {wording.millions(abs(change))}"


def _tick(row: Row) -> str:
    return f"<b>{wording.signed(row['published_yearly_change'])}</b><br>{row['year']}"


def _plain_millions(persons: int) -> str:
    return f"{persons / wording.MILLION:g} million"


def _reached(years: Sequence[int], of: int, claimed: int) -> str:
    grew = f"did the published total grow by {_plain_millions(claimed)} or more"
    if not years:
        return f"In none of {of} years {grew}"
    if len(years) == 1:
        return f"Only in {years[0]} {grew}"
    return f"The published total grew by {_plain_millions(claimed)} or more in {len(years)} of {of} years"


def _overlap_note(row: Row, context: Context, drawn: str) -> tuple[str, ...]:
    """Return the sentences about people whom two types count, with their number; none where there is no overlap."""
    if not row["overlap"]:
        return ()
    return (
        *(f"{reason}." for reason in context.overlaps),
        f"These {wording.millions(row['overlap'])} people at {wording.end_of(row['reference_date'])} {drawn}.",
    )


def _ceiling(value: float, step: int) -> int:
    return math.ceil(value / step) * step


def _decades(first: int, last: int) -> list[int]:
    """Return the years an axis names: the first, every tenth, the last."""
    tens = [year for year in range(first, last) if year % 10 == 0 and year - first > 3 and last - year > 3]
    return [first, *tens, last]
