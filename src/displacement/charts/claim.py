"""Charts of what was said and what is known: a public claim against what followed, published totals against the newest.

Every sentence is computed from the reviewed tables of claims and of published totals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from displacement.charts import parts, theme
from displacement.charts.chart import Context, Drawing, Key, Row


def claim_and_after(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the claimed number and growth from the date they were said of, and every published total."""
    say, language = context.say, context.language
    year_ends = [row for row in rows if row["period"] == "year-end"]
    newest, claimed = year_ends[-1], rows[0]
    start, end = _position(claimed["claimed_for"]), _position(newest["reference_date"])
    total, yearly = claimed["claimed_total"], claimed["claimed_change"]
    reached = round(total + yearly * (end - start))
    axis, top = parts.amounts(max(reached, *(row["published_total"] for row in rows)) * 1.02 / theme.MILLION, context)
    values: dict[str, Any] = {
        "claimed": parts.plain(total, context),
        "yearly": parts.plain(yearly, context),
        "claimant": claimed["claimant"],
        "date": claimed["made_on"],
        "year": str(newest["year"]),
        "published": language.millions(newest["published_total"]),
        "reached": language.millions(reached),
    }
    labels = [
        (
            end,
            reached / theme.MILLION,
            say("claim-and-after.growing", reached=f"<b>{values['reached']}</b>"),
            theme.FALL,
        ),
        (
            end,
            newest["published_total"] / theme.MILLION,
            say("claim-and-after.published", published=f"<b>{values['published']}</b>"),
            theme.INK,
        ),
    ]
    margin = {"l": 48, "t": 24, "b": 40}
    first = year_ends[0]["year"]
    return Drawing(
        title=say("claim-and-after.title", **values),
        subtitle=say("claim-and-after.subtitle", first=str(first), last=str(newest["year"])),
        alt=say("claim-and-after.alt", first=str(first), for_date=claimed["claimed_for"], **values),
        data=[_growth(start, end, total, reached), *_published(rows, context)],
        layout=theme.layout(
            margin=margin | {"r": theme.margin_for([label.split("<br>")[0] for _, _, label, _ in labels])},
            xaxis=theme.time_axis(first - 0.5, end + 0.5, tickvals=parts.decades(first, newest["year"])),
            yaxis=axis,
            annotations=[
                theme.text(
                    say("claim-and-after.said", **values),
                    x=start,
                    y=total / theme.MILLION,
                    xanchor="right",
                    align="right",
                    xshift=-16,
                    yanchor="bottom",
                    yshift=22,
                    font={"size": theme.TEXT, "color": theme.FALL},
                ),
                *theme.end_labels(
                    labels,
                    pixels_per_unit=(context.height - margin["t"] - margin["b"]) / top,
                    gap=2.4 * theme.LABEL_GAP,
                ),
            ],
        ),
        notes=(
            say("claim-and-after.from", for_date=claimed["claimed_for"], **values),
            say("mid-years-hollow"),
            say("claim-and-after.published-series"),
        ),
        key=(
            Key(say("claim-and-after.key", **values), values["reached"], theme.FALL, "dash"),
            Key(say("published.year-end"), values["published"], theme.INK, "dot"),
            Key(say("published.mid-year"), "", theme.INK, "ring"),
        ),
        narrow_layout={
            "margin": {"l": 36, "r": 12, "t": 12, "b": 32},
            "annotations": [],
            "xaxis": {"tickvals": parts.decades(first, newest["year"])[::2]},
        },
    )


def published_and_now(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw by how much the total that the newest figures give differs from what was published for each year-end."""
    say, language = context.say, context.language
    first, end = rows[0]["year"], rows[-1]["year"]
    most = max(rows, key=lambda row: (abs(row["difference"]), row["year"]))
    differences = [row["difference"] / theme.MILLION for row in rows]
    reach = max(0.1, *(abs(difference) for difference in differences)) * 1.1
    ticks = [f"<b>{language.change(row['difference'])}</b><br>{row['year']}" for row in rows]
    values: dict[str, Any] = {
        "year": str(most["year"]),
        "published": language.millions(most["published_total"]),
        "now": language.millions(most["forcibly_displaced"]),
    }
    return Drawing(
        title=say("published-and-now.title", **values),
        subtitle=say("published-and-now.subtitle", first=str(first), last=str(end), release=context.release),
        alt=say(
            "published-and-now.alt",
            release=context.release,
            totals=language.listed(_two_totals(row, context) for row in rows),
        ),
        data=[
            {
                "type": "bar",
                "x": [row["year"] for row in rows],
                "y": differences,
                "marker": {
                    "color": [theme.HIGHLIGHT if row["difference"] >= 0 else theme.FALL for row in rows],
                    "line": {"width": 0},
                },
                "customdata": [_two_totals(row, context) for row in rows],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        ],
        layout=theme.layout(
            margin={"l": 24, "r": 24, "t": 24, "b": 56},
            bargap=0.35,
            xaxis=theme.time_axis(
                first - 0.6,
                end + 0.6,
                tickvals=[row["year"] for row in rows],
                ticktext=ticks,
                tickfont={"color": theme.INK},
            ),
            yaxis=theme.amount_axis(1, showticklabels=False, showgrid=False)
            | {"range": [-reach if min(differences) < 0 else 0, reach if max(differences) > 0 else reach / 5]},
        ),
        notes=(say("published-and-now.why"), say("published-and-now.not-traced")),
        key=(
            Key(say("published-and-now.more"), "", theme.HIGHLIGHT),
            Key(say("published-and-now.fewer"), "", theme.FALL),
        ),
        narrow_layout={
            "margin": {"l": 8, "r": 8, "t": 12, "b": 48},
            "xaxis": {"tickvals": [row["year"] for row in rows][::-2], "ticktext": ticks[::-2]},
        },
    )


def _two_totals(row: Row, context: Context) -> str:
    return context.say(
        "published-and-now.one",
        year=str(row["year"]),
        published=context.language.millions(row["published_total"]),
        now=context.language.millions(row["forcibly_displaced"]),
    )


def _growth(start: float, end: float, total: int, reached: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [start, end],
        "y": [total / theme.MILLION, reached / theme.MILLION],
        "line": {"color": theme.FALL, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _published(rows: Sequence[Row], context: Context) -> list[dict[str, Any]]:
    """Return the published totals: year-ends filled and joined by a line, mid-years hollow and on their own."""
    traces = []
    for period in ("year-end", "mid-year"):
        part = [row for row in rows if row["period"] == period]
        is_end = period == "year-end"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if is_end else "markers",
                "name": context.say(f"published.{period}"),
                "x": [parts.half_year(row) for row in part],
                "y": [row["published_total"] / theme.MILLION for row in part],
                "line": {"color": theme.INK, "width": 1.5},
                "marker": {
                    "color": theme.INK if is_end else theme.GROUND,
                    "size": 8,
                    "line": {"color": theme.INK, "width": 1.5},
                },
                "customdata": [
                    f"{context.language.date(row['reference_date'])} · "
                    f"{context.language.people(row['published_total'])}<br>{context.say('as-published')}"
                    for row in part
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return traces


def _position(date: dt.date) -> float:
    """Return a reference date on the axis of years: a mid-year half a year before the year-end of its year."""
    return date.year - (0.5 if date.month == 6 else 0)
