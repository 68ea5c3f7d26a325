"""The little Markdown that documents need: tables whose cells may hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(names: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[bool] = ()) -> str:
    """Return a table; a cell that is None is empty. Columns of `numbers` stand to the right."""
    sides = ["---:" if number else "---" for number in numbers] or ["---"] * len(names)
    return "\n".join([line(names), f"| {' | '.join(sides)} |", *(line(row) for row in rows)])


def line(cells: Sequence[object]) -> str:
    """Return one row of a table."""
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def code(text: str | None) -> str:
    """Return text as code, or nothing for nothing."""
    return f"`{text}`" if text else ""


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
