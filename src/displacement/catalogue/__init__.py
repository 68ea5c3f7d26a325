"""The one description of every table and column, from which come comments, checks and the dictionary.

`columns.toml` is the shared vocabulary: a name means the same in every table. `tables/<table>.toml` says what a
row is, which columns the table has, and where one departs from the vocabulary. `types.toml` lists the enumerations.
Code that uses the description (checks, comments, documents) lives elsewhere.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its DuckDB type (or an enumeration of `types.toml`), what it means, and what it may hold.

    `unit` is persons, cases, persons or cases, share, date … ; `references` names `table.column` of a reference table.
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    references: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what one row is, the columns that identify it, and the order in which rows are stored.

    `checked_by` names what the rules are held against instead, for a table that only repeats it.
    """

    name: str
    title: str
    row: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[Column, ...]
    checked_by: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration: fixed `values`, or the sorted distinct values of a reference table's column (`source`)."""

    name: str
    values: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All tables by name, and the enumerations their columns use. Compared by identity: it is read once."""

    tables: dict[str, Table]
    enums: dict[str, EnumType]


@cache
def load_catalogue(directory: Path = HERE) -> Catalogue:
    """Read the description of all tables.

    Raises:
        KeyError: a table names a column that neither it nor the vocabulary describes.
    """
    vocabulary = _read(directory / "columns.toml")
    paths = sorted((directory / "tables").glob("*.toml"))
    return Catalogue(
        tables={path.stem: _table(path.stem, _read(path), vocabulary) for path in paths},
        enums={name: EnumType(name, **_tuples(spec)) for name, spec in _read(directory / "types.toml").items()},
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _table(name: str, spec: dict[str, Any], vocabulary: dict[str, Any]) -> Table:
    own = spec.get("column", {})
    return Table(
        name=name,
        title=spec["title"],
        row=spec["row"],
        key=tuple(spec["key"]),
        order=tuple(spec.get("order", spec["key"])),
        checked_by=spec.get("checked_by"),
        columns=tuple(_column(column, vocabulary.get(column, {}) | own.get(column, {})) for column in spec["columns"]),
    )


def _column(name: str, spec: dict[str, Any]) -> Column:
    if "type" not in spec or "description" not in spec:
        raise KeyError(f"column {name} has no type or no description in the catalogue")
    return Column(name=name, **_tuples(spec))


def _tuples(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
