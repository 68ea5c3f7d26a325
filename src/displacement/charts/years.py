"""The frame of a chart over years: its axes and margins, marks above the plot, labels at the ends, wide and narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from displacement.charts import marks as marked
from displacement.charts import parts, theme
from displacement.charts.chart import Context, Key

FOOT = 40
"""The height of the axis of years, in pixels."""


@dataclass(frozen=True, slots=True)
class YearFrame:
    """The layout of a chart over years, what differs in it on a phone, and the key of its marks."""

    layout: dict[str, Any]
    narrow: dict[str, Any]
    key: tuple[Key, ...]


def frame(
    context: Context,
    first: int,
    last: int,
    axis: dict[str, Any],
    *,
    left: int,
    right: int = 24,
    top: int = 24,
    narrow_left: int | None = None,
    narrow_top: int = 28,
    around: tuple[float, float] = (0.7, 0.7),
    every: int | None = None,
    marks: Sequence[marked.Mark] = (),
    ends: Sequence[tuple[float, float, str, str]] = (),
    gap: float = theme.LABEL_GAP,
    **own: Any,
) -> YearFrame:
    """Return the frame of a chart over years.

    Args:
        context: what is drawn, and how high.
        first: the first year.
        last: the last year.
        axis: the axis of amounts.
        left: the margin there, in pixels; `right` and `top` too, where no labels or marks need more.
        right: see left.
        top: see left.
        narrow_left: the left margin on a phone, if it is another.
        narrow_top: the upper margin on a phone.
        around: how far the axis reaches beyond the first and the last year.
        every: how many years apart the axis names them; None: decades, the first and the last.
        marks: dates and breaks.
        ends: labels at the ends of lines and bars, for `theme.end_labels`.
        gap: the least distance between two of them.
        own: further settings of the layout.
    """
    if ends:
        right = theme.margin_for([label.split("<br>")[0] for _, _, label, _ in ends])
    strip = marked.strip(marks, first, last, context, right)
    top += strip.height
    named = parts.decades(first, last) if last > first else [first]
    ticks, narrow_ticks = (
        ({"dtick": every}, {"dtick": 2 * every}) if every else ({"tickvals": named}, {"tickvals": named[::2]})
    )
    pixels = theme.ABOVE * (context.height - top - FOOT) / (axis["range"][1] or 1)  # ends are on axes from zero
    layout = theme.layout(
        margin={"l": left, "r": right, "t": top, "b": FOOT},
        xaxis=theme.time_axis(first - around[0], last + around[1], **ticks),
        yaxis=axis,
        shapes=strip.shapes,
        annotations=[*strip.annotations, *theme.end_labels(ends, pixels_per_unit=pixels, gap=gap)],
        **own,
    )
    narrow = {
        "margin": {"l": left if narrow_left is None else narrow_left, "r": 12, "t": narrow_top, "b": 32},
        "showlegend": False,
        "shapes": strip.narrow_shapes,
        "annotations": strip.narrow_annotations,
        "xaxis": narrow_ticks,
    }
    return YearFrame(layout, narrow, strip.key)
