"""Plain pictures: shapes computed from numbers, maps from outlines, and charts of the catalogue without a browser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from displacement.site import outlines, still


def test_the_map_has_every_outline_once_and_none_is_torn_across_it() -> None:
    shapes = outlines.paths()
    assert len(shapes) > 180
    assert {"RUS", "FJI", "USA", "UKR"} <= set(shapes)
    for code, path in shapes.items():
        for ring in path.split("M")[1:]:
            steps = [abs(float(x)) for x in re.findall(r"(-?[\d.]+) -?[\d.]+", ring.split("l", 1)[1])]
            assert not steps or max(steps) < outlines.WIDTH / 3, code


FIGURE: dict[str, Any] = {
    "data": [
        {"type": "bar", "x": [2000, 2001], "y": [1, None], "marker": {"color": "#0072BC"}},
        {"type": "scatter", "mode": "lines", "x": [2000, 2001, 2002, 2003], "y": [1, 2, None, 4]},
    ],
    "layout": {
        "margin": {"l": 40, "r": 40, "t": 10, "b": 30},
        "xaxis": {"range": [1999, 2004], "dtick": 1},
        "yaxis": {"range": [0, 5], "dtick": 1},
        "annotations": [{"x": 2003, "y": 4, "text": "<b>Land & <script>x</script></b>", "showarrow": False}],
    },
}


def test_a_plain_picture_is_well_formed_and_its_labels_are_text() -> None:
    tree = ElementTree.fromstring(still.svg(FIGURE, 400, 200).replace("<svg ", '<svg xmlns="http://s" ', 1))
    said = [element.text for element in tree.iter() if element.tag.endswith("text")]
    assert "Land & <script>x</script>" in said
    assert not [element for element in tree.iter() if element.tag.endswith("script")]


def test_a_gap_in_a_line_stays_a_gap() -> None:
    [path] = re.findall(r'<path d="([^"]*)"', still.svg(FIGURE, 400, 200))
    assert path.count("M") == 2


def test_a_missing_bar_is_not_a_bar_of_zero() -> None:
    [bars] = re.findall(r'<path class="bars" d="([^"]*)"', still.svg(FIGURE, 400, 200))
    assert bars.count("M") == 1


def test_stacked_bars_begin_where_those_below_them_end() -> None:
    bar = {"type": "bar", "x": [2001], "y": [2]}
    figure = {"data": [bar, bar], "layout": {**FIGURE["layout"], "barmode": "stack", "annotations": []}}
    below, above = re.findall(r'd="M\d+\.\d ([\d.]+)v([\d.]+)"', still.svg(figure, 400, 200))
    assert below == ("106.0", "64.0")  # of 160 pixels for 5
    assert above == ("42.0", "64.0")


def test_grouped_bars_are_beside_each_other() -> None:
    bar = {"type": "bar", "x": [2001], "y": [2]}
    figure = {"data": [bar, bar], "layout": {**FIGURE["layout"], "barmode": "group", "annotations": []}}
    first, second = re.findall(r'class="bars" d="M([\d.]+) ', still.svg(figure, 400, 200))
    assert float(second) - float(first) > 20


def test_what_differs_on_a_phone_is_merged_not_replaced() -> None:
    narrow = {"data": {1: {"line": {"width": 1}}}, "layout": {"margin": {"l": 8}}}
    merged = still.merged(FIGURE, narrow)
    assert merged["layout"]["margin"] == {"l": 8, "r": 40, "t": 10, "b": 30}
    assert merged["data"][1]["mode"] == "lines"
    assert FIGURE["layout"]["margin"]["l"] == 40
