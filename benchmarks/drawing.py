"""The chart of README.md: how long the program takes beside each peer, drawn as the project draws its charts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from displacement.charts import theme
from displacement.charts.browser import find_browser

PICTURE = Path(__file__).resolve().parent / "ratios.svg"
PEERS = {"by hand": "by hand", "DuckDB": "by hand", "polars": "polars", "pandas": "pandas", "dplyr": "dplyr"}
"""The word that names a peer in what a row is compared with."""

COLOURS = {"pandas": "refugees", "polars": "oip", "dplyr": "unrwa_refugees", "by hand": "idmc_idps"}


def draw(recorded: Mapping[str, float]) -> Path | None:
    """Write the chart of ratios that were recorded; None where there is no browser to draw it."""
    browser = find_browser()
    if browser is None:
        return None
    os.environ["BROWSER_PATH"] = str(browser)
    import plotly.io

    figure = figure_of(recorded)
    PICTURE.write_bytes(plotly.io.to_image(figure, format="svg"))
    return PICTURE


def figure_of(recorded: Mapping[str, float]) -> dict[str, Any]:
    """Return the figure: a line for each piece of work, a dot for each peer it was compared with."""
    found = [(*key.split(" / ", 1), ratio) for key, ratio in recorded.items() if " / " in key]
    dots = [(_work(what), peer, ratio) for what, against, ratio in found if (peer := _peer(against))]
    lines = sorted(
        {work for work, _, _ in dots}, key=lambda work: max(ratio for each, _, ratio in dots if each == work)
    )
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"against {peer}" if peer != "by hand" else "against the same SQL by hand",
            "x": [ratio for _, each, ratio in dots if each == peer],
            "y": [work for work, each, _ in dots if each == peer],
            "marker": {"size": 9, "color": theme.palette()[colour].colour},
        }
        for peer, colour in COLOURS.items()
    ]
    ticks = [0.01, 0.03, 0.1, 0.3, 1, 3]
    words = ["a hundredth", "", "a tenth", "", "as long", "3 times"]
    layout = theme.layout(
        width=860,
        height=150 + 21 * len(lines),
        margin={"l": 210, "r": 30, "t": 110, "b": 40},
        title={
            "text": "<br><b>How long displacement takes beside others doing the same</b><br>"
            "<sup>Time of all processors, both in one run, results the same. Left of the line it is quicker.</sup>",
            "x": 0.02,
            "xanchor": "left",
            "y": 0.985,
            "yanchor": "top",
        },
        xaxis={"type": "log", "tickvals": ticks, "ticktext": words, "range": [-2, 0.6], "gridcolor": theme.RULE},
        yaxis={"categoryorder": "array", "categoryarray": lines[::-1], "gridcolor": theme.RULE, "ticks": ""},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        showlegend=True,
        shapes=[{"type": "line", "x0": 1, "x1": 1, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": theme.INK}}],
    )
    return {"data": traces, "layout": layout}


def _work(what: str) -> str:
    return what.removeprefix("macro ").removeprefix("question ").replace("-", " ").replace("_", " ")


def _peer(against: str) -> str | None:
    """Return the peer that a row was compared with; None for the floor of a single stage, such as its imports."""
    if against.startswith("importing"):
        return None
    return next((peer for word, peer in PEERS.items() if word in against), None)


def main() -> None:
    """Draw what is recorded."""
    from benchmarks.short import RECORDED

    print(draw(json.loads(RECORDED.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
