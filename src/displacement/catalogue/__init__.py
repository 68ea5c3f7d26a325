"""The one description of every table, column, indicator and code, from which come comments, checks and documents.

`columns.toml` is the shared vocabulary: a name means the same in every table. `tables/<table>.toml` tells what a row
is, which columns the table has, and where one departs from the vocabulary. `codes.toml`
lists what each code means; `warnings.toml` is the closed list of usage warnings, `publishers.toml` who publishes
what, and `indicators.toml` what belongs to an indicator wherever it is counted. Code that uses the description (checks,
comments, documents) lives elsewhere.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class UsageWarning:
    """A way in which a right number gives a wrong answer: a few words for comments, and the reason."""

    code: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes what a table is made from, the licence (a name of opendefinition.org), and how to cite it."""

    code: str
    name: str
    title: str
    licence: str
    licence_title: str
    licence_path: str
    licence_says: str
    citation: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """What the table of indicators does not say of one: its publisher, its usage warnings, its HXL tag."""

    code: str
    publisher: str
    hxl: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its DuckDB type, what it means, and what it may hold.

    Attributes:
        unit: persons, cases, persons or cases, share, date …
        references: `table.column` of the reference table that holds its codes.
        kind: stock or flow, where it counts something.
        codes: the list of `codes.toml` with the meaning of its `values`.
        indicator: the indicator it counts, where it counts one.
        made_of: the indicators whose figures it adds up; `less` the columns of its row that are taken off the sum;
            `years_before` how many years before the year of the row the figures are of.
        warnings: codes of usage warnings, those of its indicator included.
        hxl: its tag of the Humanitarian Exchange Language.
        name_of: the column of its row whose country it names: such a column is in no model, it is joined to each.
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
    kind: str | None = None
    codes: str | None = None
    indicator: str | None = None
    made_of: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    years_before: int = 0
    warnings: tuple[str, ...] = ()
    hxl: str | None = None
    name_of: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what one row is, the columns that identify it, and the order in which rows are stored.

    Attributes:
        checked_by: what the rules check instead, for a table that only repeats it.
        publishers: codes of who publishes what it is made from.
        figures_of: the column that names the release whose figures a row is made from, where not the newest.
        may_be_empty: whether it is right without a row.
        schema: where it is in the file: main has what people came for, meta what the build records of itself and the
            rules it is made by.
        gzipped: whether its CSV is packed, as a large one is.
        only_newest: whether its rows are kept of the newest release only, so that it has none as of an earlier one.
        role: the role of its countries, where all rows are of one and no column tells it.
    """

    name: str
    title: str
    row: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[Column, ...]
    checked_by: str | None = None
    publishers: tuple[str, ...] = ()
    figures_of: str | None = None
    may_be_empty: bool = False
    only_newest: bool = False
    role: str | None = None
    schema: str = "main"
    gzipped: bool = False

    @property
    def address(self) -> str:
        """The name by which it is read: `figures`, `meta.build`."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"

    @property
    def csv(self) -> str:
        """The name of its CSV file."""
        return f"{self.name}.csv.gz" if self.gzipped else f"{self.name}.csv"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All tables by name, and what their columns refer to. Compared by identity: it is read once."""

    tables: dict[str, Table]
    indicators: dict[str, Indicator] = field(default_factory=dict)
    warnings: dict[str, UsageWarning] = field(default_factory=dict)
    publishers: dict[str, Publisher] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def warnings_of(self, described: Column | Indicator) -> tuple[UsageWarning, ...]:
        """Return the usage warnings of a column or an indicator."""
        return tuple(self.warnings[code] for code in described.warnings)

    def codes_of(self, column: Column) -> dict[str, str]:
        """Return the codes a column may hold, each with what it means; empty where they are no closed list."""
        meanings = self.codes.get(column.codes or column.name, {})
        return {value: meanings.get(value, "") for value in column.values}


@cache
def load_catalogue(directory: Path = HERE) -> Catalogue:
    """Read the description of all tables.

    Raises:
        DisplacementError: a table lacks a part of its description, or names a column, a publisher or a usage warning
            that nothing describes.
    """
    vocabulary = _read(directory / "columns.toml")
    indicators = {code: Indicator(code, **_tuples(spec)) for code, spec in _read(directory / "indicators.toml").items()}
    paths = sorted((directory / "tables").glob("*.toml"))
    catalogue = Catalogue(
        tables={path.stem: _table(path.stem, _read(path), vocabulary, indicators) for path in paths},
        indicators=indicators,
        warnings={code: UsageWarning(code, **spec) for code, spec in _read(directory / "warnings.toml").items()},
        publishers={code: Publisher(code, **spec) for code, spec in _read(directory / "publishers.toml").items()},
        codes=_read(directory / "codes.toml"),
    )
    _require_known(catalogue)
    return catalogue


def _require_known(catalogue: Catalogue) -> None:
    """Refuse names that are on no list: a misspelt warning would never be printed."""
    for table in catalogue.tables.values():
        for code in set(table.publishers) - set(catalogue.publishers):
            raise DisplacementError(
                f"The table {table.name} names the publisher {code}: describe it in catalogue/publishers.toml, or name "
                f"one of {', '.join(catalogue.publishers)}."
            )
    described: list[Column | Indicator] = [column for table in catalogue.tables.values() for column in table.columns]
    for one in [*described, *catalogue.indicators.values()]:
        for code in set(one.warnings) - set(catalogue.warnings):
            name = one.name if isinstance(one, Column) else one.code
            raise DisplacementError(
                f"The description of {name} names the usage warning {code}: describe it in catalogue/warnings.toml, or "
                f"name one of {', '.join(catalogue.warnings)}."
            )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _table(name: str, spec: dict[str, Any], vocabulary: dict[str, Any], indicators: dict[str, Indicator]) -> Table:
    own = spec.get("column", {})
    if missing := [part for part in ("title", "row", "key", "columns") if part not in spec]:
        raise DisplacementError(f"The description catalogue/tables/{name}.toml lacks {' and '.join(missing)}.")
    return Table(
        name=name,
        title=spec["title"],
        row=spec["row"],
        key=tuple(spec["key"]),
        order=tuple(spec.get("order", spec["key"])),
        checked_by=spec.get("checked_by"),
        may_be_empty=spec.get("may_be_empty", False),
        only_newest=spec.get("only_newest", False),
        role=spec.get("role"),
        schema=spec.get("schema", "main"),
        gzipped=spec.get("gzipped", False),
        publishers=tuple(spec.get("publishers", ())),
        figures_of=spec.get("figures_of"),
        columns=tuple(
            _column(name, column, vocabulary.get(column, {}) | own.get(column, {}), indicators)
            for column in spec["columns"]
        ),
    )


def _column(table: str, name: str, spec: dict[str, Any], indicators: dict[str, Indicator]) -> Column:
    if missing := [part for part in ("type", "description") if not spec.get(part)]:
        raise DisplacementError(
            f"The column {name} of the table {table} lacks a {' and a '.join(missing)}: add [column.{name}] to "
            f"catalogue/tables/{table}.toml, or {name} to catalogue/columns.toml."
        )
    if unknown := spec.keys() - {each.name for each in fields(Column)}:
        raise DisplacementError(
            f"The column {name} of the table {table} is described by {', '.join(sorted(unknown))}, which means "
            f"nothing: the parts of a description are {', '.join(each.name for each in fields(Column))}."
        )
    if counted := indicators.get(spec.get("indicator", name)):
        shared = {"indicator": counted.code, "hxl": counted.hxl, "made_of": [counted.code]}
        warnings = dict.fromkeys((*counted.warnings, *spec.get("warnings", ())))
        spec = shared | spec | {"warnings": list(warnings)}
    return Column(name=name, **_tuples(spec))


def _tuples(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
