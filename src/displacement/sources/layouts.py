"""What a dataset is and in which layouts it may come: the reviewed lists, and how a table's columns differ from them.

How a column becomes an indicator is said in `sql/intake`; here is decided only whether the table is one we know.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent

Door = Literal["api", "directory"]
"""How a release came in: fetched from the publisher's interface, or given as a directory of tables."""

Holds = Literal["indicators", "demographics", "notes", "codes"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is known of a dataset beside its columns: see `datasets.toml`."""

    name: str
    holds: Holds
    basis: str
    first_year: int = 0
    mid_year: Literal["kept", "dropped", "never"] = "kept"
    follows: str | None = None
    also: str | None = None

    @property
    def has_years(self) -> bool:
        """Whether its rows are about years, origins and asylums."""
        return self.holds in ("indicators", "demographics")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a dataset may come in at a door: see `layouts.toml`."""

    dataset: str
    door: Door
    identity: tuple[str, ...]
    codes: tuple[str, ...]
    counts: tuple[str, ...]
    optional: tuple[str, ...]
    not_yet: tuple[str, ...]
    since: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that must be there."""
        return (*self.identity, *self.codes, *self.counts)

    def differences(self, found: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the columns that are missing from a table, and those it should not have."""
        missing = tuple(column for column in self.columns if column not in found)
        unexpected = tuple(column for column in found if column not in (*self.columns, *self.optional))
        return missing, unexpected


@cache
def read_datasets(path: Path = HERE / "datasets.toml") -> dict[str, Dataset]:
    """Return the datasets by name, in the order of their names."""
    specs = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Dataset(name, **specs[name]) for name in sorted(specs)}


@cache
def read_layouts(path: Path = HERE / "layouts.toml") -> tuple[Layout, ...]:
    """Return the reviewed layouts, one for each door a table may come in by."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Layout(
            dataset=spec["dataset"],
            door=door,
            identity=tuple(document["identity"][spec.get("identity", door)]),
            codes=tuple(spec.get("codes", ())),
            counts=tuple(spec.get("counts", ())),
            optional=tuple(spec.get("optional", ())),
            not_yet=tuple(spec.get("not_yet", ())),
            since=spec["since"],
        )
        for spec in document["layout"]
        for door in spec["door"]
    )


def layout_of(dataset: str, door: Door, columns: Collection[str]) -> Layout | None:
    """Return the layout of the list that a table's columns match, whatever their order."""
    return next((layout for layout in _listed(dataset, door) if layout.differences(columns) == ((), ())), None)


def refusal(dataset: str, door: Door, columns: Collection[str]) -> str:
    """Return the sentence that refuses a table: how it departs from the listed layout it is nearest to."""
    found = [layout.differences(columns) for layout in _listed(dataset, door)]
    if not found:
        return f"There is no layout for {dataset} on the list of the door {door}, so the table is not read."
    nearest = min(found, key=lambda differences: sum(map(len, differences)))
    parts = [
        f"{word}: {', '.join(names)}" for word, names in zip(("missing", "unexpected"), nearest, strict=True) if names
    ]
    return (
        f"The columns of {dataset} are not on the list of layouts ({'; '.join(parts)}), so the table is not read. "
        "Look at what its columns mean, then add the layout to sources/layouts.toml."
    )


def _listed(dataset: str, door: Door) -> list[Layout]:
    """Return the layouts a table may have: one kept as a file may be as the interface sent it, never the reverse."""
    doors = ("directory", "api") if door == "directory" else ("api",)
    layouts = [layout for layout in read_layouts() if layout.dataset == dataset and layout.door in doors]
    return sorted(layouts, key=lambda layout: doors.index(layout.door))
