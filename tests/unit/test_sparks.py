"""Trends as small lines of blocks: scaled to their largest, gaps where there is no figure."""

from __future__ import annotations

import pytest

from displacement.query.sparks import line


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], "▂▃▄▅▆▇██"),
        ([0, 100], "▁█"),
        ([5, None, 5], "█ █"),
        ([None, None], "  "),
        ([], ""),
        ([1, 1_000_000], "▁█"),
    ],
)
def test_a_year_without_a_figure_is_a_gap_and_never_zero(values: list[int | None], drawn: str) -> None:
    assert line(values) == drawn
