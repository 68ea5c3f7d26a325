"""Charts of the world's totals: since the beginning by population type, the change a year, inside against across.

Published totals and totals recomputed from the newest figures are two series. Titles use the published one; a chart
that draws the recomputed one says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, stacks, theme
from displacement.charts.chart import Context, Drawing, Key, Row

PLAIN_LEFT = 24
"""The left margin of a chart whose amounts stand on its bars instead of an axis."""


def world_total(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the world's total by population type as bars, and the totals published for those dates as marks."""
    say, language = context.say, context.language
    year_ends = [row for row in rows if row["period"] == "year-end"]
    newest = [row for row in year_ends if row["published_total"] is not None][-1]
    last = year_ends[-1]
    first, end = year_ends[0]["year"], last["year"]
    begins = stacks.begins(list(theme.palette()), year_ends, context)
    drawn = [stacks.bars(name, year_ends, year, theme.MILLION, context) for name, year in begins.items()]
    present = {name: last[name] for name in begins if last[name] is not None}
    heights = {name: stacks.value(name, last) for name in present}
    axis, top = parts.amounts(_highest(rows) / theme.MILLION, context)
    strip = parts.strip(stacks.marks(begins, first, context), first, end, context, 230)
    margin = {"l": 48, "t": 24 + strip.height, "b": 40}
    labels = stacks.labels(present, last["forcibly_displaced"], end + 0.45, theme.MILLION, context, heights)
    later = sorted((year, name) for name, year in begins.items() if year > first)
    moved = parts.moved(context, newest["published_yearly_change"])
    total, year = language.people(newest["published_total"]), str(newest["year"])
    return Drawing(
        title=say("world-total.title", total=total, year=year, moved=moved),
        subtitle=say("world-total.subtitle", first=str(first), last=str(end), release=context.release),
        alt=say(
            "world-total.alt",
            first=str(first),
            last=str(end),
            parts=language.listed(
                f"{stacks.phrase(name, context)}: {language.amount(value)}" for name, value in present.items()
            ),
            total=language.millions(newest["published_total"]),
            year=year,
            moved=moved,
        ),
        data=[*drawn, *_published_marks(rows, context)],
        layout=theme.layout(
            barmode="stack",
            bargap=0.18,
            margin=margin | {"r": theme.margin_for([label for _, _, label, _ in labels])},
            xaxis=theme.time_axis(first - 1, end + 0.7, tickvals=parts.decades(first, end)),
            yaxis=axis,
            shapes=strip.shapes,
            annotations=[
                *strip.annotations,
                *theme.end_labels(labels, pixels_per_unit=(context.height - margin["t"] - margin["b"]) / top),
            ],
            showlegend=True,
            legend=theme.inner_legend(),
        ),
        notes=(
            say(
                "world-total.begins",
                begins=language.listed(
                    say("from", what=stacks.phrase(name, context), year=str(year)) for year, name in later
                ),
            ),
            *_overlap_note(last, context, "drawn-once"),
            say("world-total.revised"),
        ),
        key=(
            *stacks.keys(present, context),
            Key(say("published.year-end"), language.millions(newest["published_total"]), theme.INK, "dot"),
            Key(say("published.mid-year"), "", theme.INK, "ring"),
            *strip.key,
        ),
        narrow_layout={
            "margin": {"l": 36, "r": 12, "t": 28, "b": 32},
            "showlegend": False,
            "annotations": strip.narrow_annotations,
            "shapes": strip.narrow_shapes,
            "xaxis": {"tickvals": parts.decades(first, end)[::2]},
        },
        narrow_data={index: {"marker": {"size": 4, "line": {"width": 1}}} for index in (len(drawn), len(drawn) + 1)},
    )


def yearly_change(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the change of the published total in each year against the change that the claim speaks of."""
    say, language = context.say, context.language
    years = [row["year"] for row in rows]
    last = rows[-1]
    claimed, claimant = last["claimed_change"], last["claimant"]
    claim_year = str(last["claim_made_on"].year)
    means = [row for row in rows if row["mean_of_three_years"] is not None]
    mean_now = language.change(means[-1]["mean_of_three_years"])
    limit = claimed / theme.MILLION
    changes = [row["published_yearly_change"] / theme.MILLION for row in rows]
    low, high = min(0, *changes) * 1.15, max(*changes, limit) * 1.06
    ticks = [f"<b>{language.change(row['published_yearly_change'])}</b><br>{row['year']}" for row in rows]
    claim_text = say("yearly-change.claim", amount=parts.plain(claimed, context), claimant=claimant, year=claim_year)
    mean_text = say("yearly-change.mean", mean=f"<b>{mean_now}</b>")
    return Drawing(
        title=f"{_reached(rows, claimed, context)}{_moved(last, context)}",
        subtitle=say("yearly-change.subtitle", first=str(years[0]), last=str(years[-1])),
        alt=say(
            "yearly-change.alt",
            changes=language.listed(f"{row['year']} {language.change(row['published_yearly_change'])}" for row in rows),
            amount=parts.plain(claimed, context),
            mean=mean_now,
        ),
        data=[_change_bars(rows, context), _mean_line(means, context)],
        layout=theme.layout(
            margin={"l": PLAIN_LEFT, "r": theme.margin_for([mean_text], link=4), "t": 24, "b": 56},
            bargap=0.35,
            xaxis=theme.time_axis(
                years[0] - 0.6, years[-1] + 0.6, tickvals=years, ticktext=ticks, tickfont={"color": theme.INK}
            ),
            yaxis=theme.amount_axis(high, showticklabels=False, showgrid=False) | {"range": [low, high]},
            shapes=[_level_line(limit)],
            annotations=[
                theme.text(claim_text, x=years[0] - 0.5, y=limit, yanchor="bottom"),
                theme.text(
                    mean_text,
                    x=1,
                    xref="paper",
                    xshift=4,
                    y=means[-1]["mean_of_three_years"] / theme.MILLION,
                    font={"size": theme.TEXT, "color": theme.INK},
                ),
            ],
        ),
        notes=(
            say("yearly-change.year-ends"),
            say("yearly-change.judged", claimant=claimant, date=last["claim_made_on"]),
        ),
        key=(
            Key(say("yearly-change.key"), "", theme.HIGHLIGHT),
            Key(say("yearly-change.key-mean"), mean_now, theme.INK, "line"),
            Key(say("the-claim", claimant=claimant, year=claim_year), language.change(claimed), theme.FALL, "dash"),
        ),
        narrow_layout={
            "margin": {"l": 8, "r": 8, "t": 16, "b": 48},
            "xaxis": {"tickvals": years[::-2], "ticktext": ticks[::-2]},
            "annotations": [],
        },
    )


def inside_and_across(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw people displaced inside their country against those displaced across borders."""
    say, language = context.say, context.language
    last = rows[-1]
    first, end = rows[0]["year"], last["year"]
    colours = {"inside": theme.palette()[stacks.INSIDE].colour, "across": theme.palette()["refugees"].colour}
    compared = next((row["year"] for row in rows if row["published_total"] is not None), end)
    published = [row for row in rows if row["inside_as_published"] is not None]
    more, fewer = sorted(colours, key=lambda name: -last[name])
    axis, top = parts.amounts(max(max(row["inside"], row["across"]) for row in rows) * 1.02 / theme.MILLION, context)
    strip = parts.strip(
        [parts.Mark(compared - 0.5, say("no-published-before", year=str(compared)))], first, end, context, 230
    )
    margin = {"l": 48, "t": 24 + strip.height, "b": 40}
    ends: dict[str, Any] = {
        f"{name}_{when}": language.millions(row[name])
        for name in colours
        for when, row in (("first", rows[0]), ("last", last))
    }
    labels = [
        (end, last[name] / theme.MILLION, f"<b>{say(name)}</b> {language.millions(last[name])}", colour)
        for name, colour in colours.items()
    ]
    return Drawing(
        title=say(
            f"inside-and-across.title-{more}",
            more=language.millions(last[more]),
            fewer=language.millions(last[fewer]),
            year=str(end),
        ),
        subtitle=say("inside-and-across.subtitle", first=str(first), last=str(end), release=context.release),
        alt=say(
            "inside-and-across.alt",
            first=str(first),
            last=str(end),
            **ends,
        ),
        data=[
            *(
                _line([row for row in rows if kept(row["year"])], name, colour, dash, context)
                for name, colour in colours.items()
                for kept, dash in ((compared.__ge__, "dot"), (compared.__le__, "solid"))
            ),
            _as_published(published, colours["inside"], context),
        ],
        layout=theme.layout(
            margin=margin | {"r": theme.margin_for([label for _, _, label, _ in labels])},
            xaxis=theme.time_axis(first - 0.5, end + 0.5, dtick=5),
            yaxis=axis,
            shapes=strip.shapes,
            annotations=[
                *strip.annotations,
                *theme.end_labels(labels, pixels_per_unit=(context.height - margin["t"] - margin["b"]) / top),
            ],
        ),
        notes=(
            say("inside-and-across.parts", first=str(first)),
            *_overlap_note(last, context, "in-both"),
        ),
        key=(
            *(Key(say(name), language.millions(last[name]), colours[name], "line") for name in (more, fewer)),
            Key(say("inside-and-across.published"), "", colours["inside"], "dot"),
            Key(say("no-published-before", year=str(compared)), "", theme.QUIET, "dash"),
        ),
        narrow_layout={"margin": {"l": 36, "r": 12, "t": 12, "b": 32}, "annotations": [], "xaxis": {"dtick": 10}},
    )


def _line(rows: Sequence[Row], name: str, colour: str, dash: str, context: Context) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [row["year"] for row in rows],
        "y": [row[name] / theme.MILLION for row in rows],
        "line": {"color": colour, "width": 3, "dash": dash},
        "customdata": [
            parts.hover(context, row["reference_date"], context.language.millions(row[name]), context.say(name))
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _as_published(rows: Sequence[Row], colour: str, context: Context) -> dict[str, Any]:
    say, language = context.say, context.language
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row["year"] for row in rows],
        "y": [row["inside_as_published"] / theme.MILLION for row in rows],
        "marker": {"color": colour, "size": 8, "line": {"color": theme.GROUND, "width": 1.5}},
        "customdata": [
            f"{language.date(row['reference_date'])} · {language.millions(row['inside_as_published'])}"
            f"<br>{say('inside-and-across.published')}"
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _highest(rows: Sequence[Row]) -> int:
    highest: int = max(row[name] for row in rows for name in ("published_total", "forcibly_displaced") if row[name])
    return highest


def _published_marks(rows: Sequence[Row], context: Context) -> list[dict[str, Any]]:
    """Return the published totals: filled where they describe a year-end, hollow at mid-years, half a year earlier."""
    traces = []
    for period, fill in (("year-end", theme.INK), ("mid-year", theme.GROUND)):
        part = [row for row in rows if row["period"] == period and row["published_total"] is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": context.say(f"published.{period}"),
                "x": [parts.half_year(row) for row in part],
                "y": [row["published_total"] / theme.MILLION for row in part],
                "customdata": [
                    f"{context.language.date(row['reference_date'])} · "
                    f"{context.language.people(row['published_total'])}<br>{context.say('as-published')}"
                    for row in part
                ],
                "marker": {
                    "color": fill,
                    "size": 7,
                    "symbol": "circle",
                    "line": {"color": theme.INK if period == "mid-year" else theme.GROUND, "width": 1.5},
                },
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return traces


def _change_bars(rows: Sequence[Row], context: Context) -> dict[str, Any]:
    language = context.language
    return {
        "type": "bar",
        "x": [row["year"] for row in rows],
        "y": [row["published_yearly_change"] / theme.MILLION for row in rows],
        "marker": {"color": [theme.HIGHLIGHT if row["published_yearly_change"] >= 0 else theme.FALL for row in rows]},
        "customdata": [
            context.say(
                "yearly-change.hover",
                year=str(row["year"]),
                total=language.millions(row["published_total"]),
                change=language.change(row["published_yearly_change"]),
            )
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _mean_line(rows: Sequence[Row], context: Context) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [row["year"] for row in rows],
        "y": [row["mean_of_three_years"] / theme.MILLION for row in rows],
        "line": {"color": theme.INK, "width": 2},
        "marker": {"color": theme.GROUND, "size": 6, "line": {"color": theme.INK, "width": 2}, "symbol": "square"},
        "customdata": [
            context.say(
                "yearly-change.hover-mean",
                year=str(row["year"]),
                mean=context.language.change(row["mean_of_three_years"]),
            )
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


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


def _reached(rows: Sequence[Row], claimed: int, context: Context) -> str:
    """Return in how many years the change reached what is claimed."""
    years = [row["year"] for row in rows if row["published_yearly_change"] >= claimed]
    amount = parts.plain(claimed, context)
    if not years:
        return context.say("yearly-change.title-none", amount=amount, n=len(rows))
    if len(years) == 1:
        return context.say("yearly-change.title-once", amount=amount, year=str(years[0]))
    return context.say("yearly-change.title-often", amount=amount, times=len(years), n=len(rows))


def _moved(row: Row, context: Context) -> str:
    change = row["published_yearly_change"]
    verb = "same" if change == 0 else "grew" if change > 0 else "fell"
    return context.say(
        f"yearly-change.title-{verb}", year=str(row["year"]), amount=context.language.millions(abs(change))
    )


def _overlap_note(row: Row, context: Context, how: str) -> tuple[str, ...]:
    """Return the sentences about people whom two types count, with their number; none where there is no overlap."""
    if not row["overlap"]:
        return ()
    return (
        *(overlap_reason(entry, context) for entry in context.overlaps),
        context.say(f"overlap.{how}", amount=context.language.people(row["overlap"]), date=row["reference_date"]),
    )


def overlap_reason(entry: Any, context: Context) -> str:
    """Return why some people count once: a message where the rule has one, else as the reviewed table says it."""
    message = f"overlap.{entry.indicator}.{entry.country}"
    if context.language.code != "en" and context.language.has(f"chart.{message}"):
        return context.say(message)
    return f"{entry.reason}."
