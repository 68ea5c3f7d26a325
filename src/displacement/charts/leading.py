"""Charts of the ten largest countries through time, as origin and as host: the largest in blue, the rest in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from displacement.charts import theme, wording
from displacement.charts.chart import Context, Drawing, Key, Row

MEASURE = "refugees under UNHCR’s mandate, asylum-seekers and others in need of international protection"
HEIGHT = 520
NARROW_HEIGHT = 380


def top_origins(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries from which most people are displaced across borders."""
    first = rows[0]
    share = wording.per_cent(rows[-1]["cumulative_share"])
    largest = _newest(rows)[0]
    return _lines(
        rows,
        context,
        title=f"{wording.sentence(_number(rows))} countries are the origin of {share} of people displaced across "
        f"borders; the largest: {first['name']}, {wording.figure(largest['displaced_across'])}",
        of="from",
        role="countries of origin",
    )


def top_hosts(rows: Sequence[Row], context: Context) -> Drawing:
    """Draw the countries in which most people displaced across borders are."""
    first = rows[0]
    share = wording.per_cent(rows[-1]["cumulative_share"])
    largest = _newest(rows)[0]
    return _lines(
        rows,
        context,
        title=f"{wording.sentence(_number(rows))} countries host {share} of people displaced across borders; the "
        f"largest: {first['name']}, {wording.figure(largest['displaced_across'])}",
        of="in",
        role="countries of asylum",
    )


def _lines(rows: Sequence[Row], context: Context, *, title: str, of: str, role: str) -> Drawing:
    newest = _newest(rows)
    first, end = min(row["year"] for row in rows), max(row["year"] for row in rows)
    top = math.ceil(max(row["displaced_across"] for row in rows) * 1.03 / wording.MILLION)
    plot = HEIGHT - 24 - 40
    colours = [theme.HIGHLIGHT if index == 0 else theme.GREY for index in range(len(newest))]
    traces = [_line(rows, row["country"], colour, of, context) for row, colour in zip(newest, colours, strict=True)]
    labels = [
        (
            end,
            row["displaced_across"] / wording.MILLION,
            _label(row, index),
            theme.HIGHLIGHT if index == 0 else theme.INK,
        )
        for index, row in enumerate(newest)
    ]
    date = newest[0]["reference_date"]
    return Drawing(
        title=title,
        subtitle=f"The ten largest {role} at {wording.end_of(date)}, year-ends {first} to {end}, millions of people",
        alt=f"Lines of people displaced across borders {of} ten countries, {first} to {end}, in millions. At "
        f"{wording.end_of(date)}: "
        + wording.listed([f"{row['name']} {row['displaced_across'] / wording.MILLION:.1f}" for row in newest])
        + ".",
        data=traces[::-1],  # the highlighted line is drawn last, above the others
        layout=theme.layout(
            margin={"l": 36, "r": 290, "t": 24, "b": 40},
            xaxis=theme.time_axis(first - 0.3, end + 0.3, dtick=5),
            yaxis=theme.amount_axis(top, dtick=1 if top <= 8 else 2),
            annotations=theme.end_labels(labels, label_x=end + 0.9, pixels_per_unit=plot / top),
        ),
        notes=(
            f"People displaced across borders: {MEASURE}. UNRWA’s refugees are not among them.",
            f"From {first}, the first year with asylum-seekers by country. A gap in a line: no figure.",
        ),
        key=tuple(
            Key(f"{index + 1} {row['name']}", wording.figure(row["displaced_across"]), colours[index], "line")
            for index, row in enumerate(newest)
        ),
        narrow_layout={
            "margin": {"l": 28, "r": 24, "t": 12, "b": 32},
            "xaxis": {"dtick": 10},
            "annotations": theme.end_labels(
                [(x, y, str(index + 1), colour) for index, (x, y, _, colour) in enumerate(labels)],
                label_x=end + 0.9,
                pixels_per_unit=(NARROW_HEIGHT - 12 - 32) / top,
                gap=theme.NARROW_LABEL_GAP,
            ),
        },
    )


def _line(rows: Sequence[Row], country: str, colour: str, of: str, context: Context) -> dict[str, Any]:
    """Return the line of a country; a year without a figure is a gap, not a zero and not a bridge."""
    values = {row["year"]: row["displaced_across"] for row in rows if row["country"] == country}
    name = next(row["name"] for row in rows if row["country"] == country)
    years = list(range(min(values), max(values) + 1))
    highlighted = colour == theme.HIGHLIGHT
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": years,
        "y": [wording.in_millions(values.get(year)) for year in years],
        "connectgaps": False,
        "line": {"color": colour, "width": 3 if highlighted else 1.75},
        "hovertemplate": f"31 December %{{x}} · %{{y:.2f}} million people<br>displaced across borders {of} {name} · "
        f"release {context.release}<extra></extra>",
    }


def _newest(rows: Sequence[Row]) -> list[Row]:
    """Return the newest row of each country, the largest first."""
    return list({row["rank"]: row for row in rows}.values())


def _number(rows: Sequence[Row]) -> str:
    return wording.counted(len(_newest(rows)), "", "").strip()


def _label(row: Row, index: int) -> str:
    value = f"{row['displaced_across'] / wording.MILLION:.1f}"
    return f"<b>{row['name']} {value}</b>" if index == 0 else f"{row['name']} {value}"
