"""A trend as a small line of blocks: a year without a figure is a gap, never zero."""

from __future__ import annotations

from collections.abc import Iterable

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = " "


def line(values: Iterable[int | None]) -> str:
    """Return one block for each value, from zero up to the largest; a gap where there is none."""
    known = list(values)
    largest = max((value for value in known if value is not None), default=0)
    return "".join(GAP if value is None else _block(value, largest) for value in known)


def _block(value: int, largest: int) -> str:
    return BLOCKS[min(len(BLOCKS) - 1, value * len(BLOCKS) // max(largest, 1))]
