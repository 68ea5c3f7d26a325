"""The layouts in which tables may come in: read from the reviewed list, and a table's columns held against it.

What a column means and how it is read is said in `sql/intake`; here only whether the table is one we know.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from displacement.intake.model import Door

REVIEWED = Path(__file__).resolve().parent / "layouts.toml"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a dataset may come in at a door; those of `optional` may be there or not."""

    dataset: str
    door: Door
    columns: tuple[str, ...]
    since: str
    optional: tuple[str, ...] = ()

    def differences(self, found: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the columns that are missing from a table, and those it should not have."""
        missing = tuple(column for column in self.columns if column not in found)
        unexpected = tuple(column for column in found if column not in (*self.columns, *self.optional))
        return missing, unexpected


@cache
def read_layouts(path: Path = REVIEWED) -> tuple[Layout, ...]:
    """Read the reviewed list."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Layout(
            dataset=spec["dataset"],
            door=door,
            columns=(*document["identity"][spec.get("identity", door)], *spec["columns"]),
            since=spec["since"],
            optional=tuple(spec.get("optional", ())),
        )
        for spec in document["layout"]
        for door in spec["door"]
    )


@cache
def datasets() -> tuple[str, ...]:
    """Return the datasets for which there is a layout, in the order of their names."""
    return tuple(sorted({layout.dataset for layout in read_layouts()}))


def layout_of(dataset: str, door: Door, columns: Collection[str]) -> Layout | None:
    """Return the layout of the list that a table's columns match, whatever their order."""
    return next((layout for layout in _listed(dataset, door) if layout.differences(columns) == ((), ())), None)


def refusal(dataset: str, door: Door, columns: Collection[str]) -> str:
    """Return the sentence that refuses a table: how it departs from the listed layout it is nearest to."""
    nearest: Any = min(
        (layout.differences(columns) for layout in _listed(dataset, door)),
        key=lambda differences: sum(map(len, differences)),
        default=None,
    )
    if nearest is None:
        return f"The table {dataset} has no layout on the list of the door {door}, so it is not read."
    parts = [
        f"{word}: {', '.join(names)}" for word, names in zip(("missing", "unexpected"), nearest, strict=True) if names
    ]
    return (
        f"The table {dataset} has a layout that is not on the list ({'; '.join(parts)}), so it is not read. "
        "Look at what its columns mean, then add the layout to intake/layouts.toml."
    )


def _listed(dataset: str, door: Door) -> list[Layout]:
    return [layout for layout in read_layouts() if layout.dataset == dataset and layout.door == door]
