"""A world: the tables of one release, to be served, written to a directory, or copied with something altered.

Worlds never change. Where tables come from is said here (`from_directory`, `real_world`) and in `invented`; what can be
done to them in `alterations`; how they are answered in `answers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.emulator import reference
from tests.emulator.alterations import Alteration
from tests.emulator.layouts import DATA, FLOWS, REFERENCE, as_text, count_columns, is_hidden

ROOT = Path(__file__).resolve().parents[2]
RELEASES = ROOT.parent / "shared" / "releases"
"""Where the tables of real releases stand beside a checkout, if they do."""

IDENTITY_OF_FILES = ("coo_id", "coa_id")
"""Columns that the interface sends and tables as files do not have."""


class World:
    """The tables of one release.

    Attributes:
        name: what it is called where it is shown; for a release its day.
    """

    def __init__(self, name: str, tables: Mapping[str, pa.Table | Callable[[], pa.Table]]) -> None:
        self.name = name
        self._tables = {
            dataset: cache(table) if callable(table) else partial(_same, table)
            for dataset, table in sorted(tables.items())
        }

    def __repr__(self) -> str:
        return f"World({self.name!r})"

    @classmethod
    def from_directory(cls, directory: Path, name: str = "") -> World:
        """Return the world of a directory with one Parquet file a table of figures; the lists beside them are made."""
        paths = [path for path in sorted(directory.glob("*.parquet")) if path.stem in (*DATA, FLOWS)]
        if not paths:
            raise FileNotFoundError(f"There is no table such as population.parquet in {directory}")
        return cls(name or directory.name, {path.stem: partial(_read, path) for path in paths})

    @property
    def datasets(self) -> tuple[str, ...]:
        """The tables of figures there are."""
        return tuple(dataset for dataset in self._tables if dataset in DATA or dataset == FLOWS)

    def table(self, dataset: str) -> pa.Table:
        """Return a table of figures, or one of the lists beside them."""
        if dataset in self._tables:
            return self._tables[dataset]()
        if dataset in REFERENCE:
            return _made(dataset, self)
        raise KeyError(f"The world {self.name} has no table {dataset}. It has {', '.join(self._tables)}.")

    def altered(self, dataset: str, *alterations: Alteration) -> World:
        """Return a copy of this world with one table altered."""

        def load() -> pa.Table:
            table = self.table(dataset)
            for alteration in alterations:
                table = alteration(table)
            return table

        return World(self.name, {**self._tables, dataset: load})

    def taking(self, other: World, *datasets: str) -> World:
        """Return a copy of this world with some tables of another: a table that a release did not renew."""
        return World(self.name, {**self._tables, **{name: partial(other.table, name) for name in datasets}})

    def without(self, *datasets: str) -> World:
        """Return a copy of this world that lacks some tables."""
        return World(self.name, {name: table for name, table in self._tables.items() if name not in datasets})

    def only(self, *datasets: str) -> World:
        """Return a copy of this world that has no other tables."""
        return self.without(*(name for name in self._tables if name not in datasets))

    def named(self, name: str) -> World:
        """Return this world under another name, such as the day of another release."""
        return World(name, self._tables)

    def write(self, directory: Path, door: Literal["directory", "api"] = "directory") -> Path:
        """Write the tables as Parquet files into `directory / name` and return it.

        Args:
            door: `directory` writes what `displacement fetch --from` takes: counts as whole numbers, no numbers of
                countries. `api` writes what a fetch writes: every value as the text that is sent, and lists beside.
        """
        target = directory / self.name
        target.mkdir(parents=True, exist_ok=True)
        names = (*self.datasets, *(("countries", "footnotes") if door == "api" else ()))
        for dataset in names:
            table = self.table(dataset)
            pq.write_table(as_sent(table, dataset) if door == "api" else as_file(table), target / f"{dataset}.parquet")
        return target


def real_world(release: str) -> World:
    """Return the world of a real release, from the tables that stand beside the checkout.

    Raises:
        FileNotFoundError: they do not.
    """
    return World.from_directory(RELEASES / release)


def real_releases() -> list[str]:
    """Return the days of the real releases that stand beside the checkout, oldest first; none where none do."""
    return sorted(path.name for path in RELEASES.glob("????-??-??")) if RELEASES.is_dir() else []


def with_numbers(table: pa.Table) -> pa.Table:
    """Return a table of figures with the numbers of countries that the interface sends beside the codes."""
    for side, place in (("coo", 1), ("coa", 5)):
        if side in table.column_names and f"{side}_id" not in table.column_names:
            encoded = table[side].combine_chunks().dictionary_encode()
            numbers = [reference.number_of(code) for code in encoded.dictionary.to_pylist()]
            place = min(place, table.num_columns)
            table = table.add_column(place, f"{side}_id", pa.array(numbers, pa.int64()).take(encoded.indices))
    return table


def as_file(table: pa.Table) -> pa.Table:
    """Return a table of figures without what only the interface sends."""
    return table.drop_columns([name for name in IDENTITY_OF_FILES if name in table.column_names])


def as_sent(table: pa.Table, dataset: str) -> pa.Table:
    """Return a table as a fetch keeps it: every value as the text that is sent for it."""
    if dataset == FLOWS:
        return as_file(table)  # comes from a workbook, whatever is fetched
    counts = count_columns(table) if dataset in DATA else []
    others = [name for name in table.column_names if name not in counts and not is_hidden(name)]
    missing = "''" if dataset in DATA else "null"
    numbered = with_numbers(table) if dataset in DATA else table
    texts = {name: f"coalesce({as_text(table, name)}, '-')" for name in counts}
    texts |= {name: f'coalesce("{name}"::varchar, {missing})' for name in [*others, "coo_id", "coa_id"]}
    with duckdb.connect() as connection:
        connection.register("t", numbered)
        sent = (f'{texts[name]} as "{name}"' for name in numbered.column_names if not is_hidden(name))
        return connection.sql(f"select {', '.join(sent)} from t").to_arrow_table()


def _same(table: pa.Table) -> pa.Table:
    return table


def _read(path: Path) -> pa.Table:
    """Read a table; what is text, as a fetch writes it, becomes numbers where all of a column can."""
    table = pq.read_table(path)
    numbers = {
        name: f"try_cast(nullif(\"{name}\", '-') as bigint)"
        for name in ("year", *IDENTITY_OF_FILES, *count_columns(table))
        if name in table.column_names and not pa.types.is_integer(table.schema.field(name).type)
    }
    if not numbers:
        return table
    with duckdb.connect() as connection:
        connection.register("t", table)
        wrong = ", ".join(
            f'count(*) filter ("{name}" <> \'-\' and {number}::varchar is distinct from "{name}")'
            for name, number in numbers.items()
        )
        (counted,) = connection.sql(f"select {wrong} from t").fetchall()
        whole = [name for name, count in zip(numbers, counted, strict=True) if not count]
        replaced = ", ".join(f'{numbers[name]} as "{name}"' for name in whole)
        return connection.sql(f"select * replace ({replaced}) from t").to_arrow_table() if whole else table


def _made(dataset: str, world: World) -> pa.Table:
    if dataset == "countries":
        return reference.countries()
    newest = max(world.table("population")["year"].to_pylist())
    return reference.footnotes(newest) if dataset == "footnotes" else reference.nowcasting(newest + 1)
