"""Plain pictures: shapes computed from numbers, maps from outlines, and charts of the catalogue without a browser."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from displacement.charts import theme
from displacement.site import outlines, plotted
from displacement.site.drawing import nice_ticks, ranked, stack


@pytest.mark.parametrize("highest", [1, 2, 3, 7, 42, 999, 12_345, 5_300_000, 123_456_789])
def test_ticks_are_round_few_and_begin_at_zero(highest: int) -> None:
    ticks = nice_ticks(highest)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 6
    assert ticks[-1] <= max(highest, 1)
    assert len({b - a for a, b in itertools.pairwise(ticks)}) == 1


def test_a_year_without_a_figure_leaves_its_place_empty() -> None:
    drawn = stack({2000: {"a": 10, "b": None}, 2002: {"a": 5, "b": 5}}, ["a", "b"])
    assert drawn is not None
    assert drawn.years == (2000, 2002)
    assert drawn.totals == [10, None, 10]
    assert drawn.paths["a"].count("M") == 2
    assert drawn.paths["b"].count("M") == 1


def test_stacked_bars_stand_on_each_other() -> None:
    drawn = stack({2000: {"a": 25, "b": 75}}, ["a", "b"])
    assert drawn is not None
    assert drawn.paths["a"].startswith("M0.1 100h0.8v-25h")
    assert drawn.paths["b"].startswith("M0.1 75h0.8v-75h")


def test_nothing_known_is_nothing_drawn() -> None:
    assert stack({2000: {"a": None}}, ["a"]) is None
    assert stack({}, ["a"]) is None


def test_ranked_rows_say_what_is_left_out() -> None:
    bars, others, left = ranked([{"value": value} for value in (50, 30, 15, 5)], "value", most=2)
    assert [bar.length for bar in bars] == [100.0, 60.0]
    assert (others, left) == (2, 20)


def test_the_map_has_every_outline_once_and_none_is_torn_across_it() -> None:
    shapes = outlines.paths()
    assert len(shapes) > 180
    assert {"RUS", "FJI", "USA", "UKR"} <= set(shapes)
    for code, path in shapes.items():
        for ring in path.split("M")[1:]:
            steps = [abs(float(x)) for x in re.findall(r"(-?[\d.]+) -?[\d.]+", ring.split("l", 1)[1])]
            assert not steps or max(steps) < outlines.WIDTH / 3, code


FIGURE = {
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
    tree = ElementTree.fromstring(plotted.svg(FIGURE, 400, 200).replace("<svg ", '<svg xmlns="http://s" ', 1))
    said = [element.text for element in tree.iter() if element.tag.endswith("tspan")]
    assert "Land & <script>x</script>" in said
    assert not [element for element in tree.iter() if element.tag.endswith("script")]


def test_a_gap_in_a_line_stays_a_gap() -> None:
    (path,) = re.findall(r'<path d="([^"]*)"', plotted.svg(FIGURE, 400, 200))
    assert path.count("M") == 2


def test_a_missing_bar_is_not_a_bar_of_zero() -> None:
    assert plotted.svg(FIGURE, 400, 200).count("<rect") == 1


def test_what_differs_on_a_phone_is_merged_not_replaced() -> None:
    narrow = {"data": {1: {"line": {"width": 1}}}, "layout": {"margin": {"l": 8}}}
    merged = plotted.merged(FIGURE, narrow)
    assert merged["layout"]["margin"] == {"l": 8, "r": 40, "t": 10, "b": 30}
    assert merged["data"][1]["mode"] == "lines"
    assert FIGURE["layout"]["margin"]["l"] == 40


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_colours_of_population_types_reach_three_to_one_on_either_ground() -> None:
    for kind in theme.palette().values():
        for colour, ground in ((kind.colour, "#FFFFFF"), (kind.dark, "#101820")):
            light, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (kind, colour)
