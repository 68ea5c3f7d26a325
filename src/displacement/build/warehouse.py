"""The DuckDB file people open: every table with its comments, and the macros that answer common questions.

Models are made straight in it. What the tables mean is decided in `sql/` and described in the catalogue.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.build.models import (
    SOURCE_PREFIX,
    Model,
    parsed,
    read_models,
    source_select,
    typed_select,
)
from displacement.catalogue import Catalogue, Table, load_catalogue
from displacement.catalogue.words import column_comment, table_comment
from displacement.errors import DisplacementError
from displacement.storage.duck import bounded, model_error, quiet, sql_text
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

STORAGE_VERSION = "v1.4.0"
"""The oldest DuckDB that opens the file; 1.4.3 is the oldest that runs every macro, within seconds."""

SEARCH_PATH = "set search_path = 'out.main,out.meta'"
"""Where models, checks and downloads find tables: they name no schema."""

BLOCK_BYTES = 65_536
"""Size of a block: each table takes whole blocks, and most tables here are small (17.6 MB)."""

PATIENCE = 60.0
"""Seconds to wait for a step in another process that writes to the file."""

SCALAR, EXPRESSION = "scalar", "expression"
"""The kinds of a macro that gives one value: a SELECT that reads tables, or one that reads none."""

TYPES = {
    "country_code": "select iso3 from raw_countries order by iso3",
    "indicator_code": "select indicator from raw_indicators order by indicator",
    "country_word": "select concat(iso3, ' ', name) as word from raw_countries "
    "union select concat(iso3, ' ', unhcr_code) from raw_countries where unhcr_code <> iso3 "
    "union select concat(country, ' ', alias) from raw_country_aliases order by word",
}
"""Enumerations for macros, which find a code and the nearest in them without reading a table. No column has one:
programs that read a column of an enumeration list the codes that are absent as well."""

AS_OF_TABLES = ("figures", "figures_history", "figures_superseded", "headlines", "held_back")
"""The tables whose macro `<table>_as_of(release)` is written by hand, in `sql/macros`."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the file: its parameters, the SQL it runs, whether it gives one value, and its comment.

    The SQL is a SELECT, or what such a SELECT without tables computes: DuckDB works that out before a query runs, where
    a subquery would be planned and joined each time.
    """

    name: str
    parameters: tuple[str, ...]
    sql: str
    comment: str
    is_scalar: bool = False

    @property
    def statement(self) -> str:
        """The statement that creates it."""
        body = f"({self.sql})" if self.is_scalar else f"table {self.sql}"
        return f"create or replace macro {self.name}({', '.join(self.parameters)}) as {body}"


@dataclass(frozen=True, slots=True)
class View:
    """A table that the file does not store: the SELECT over other tables that gives its rows."""

    name: str
    sql: str


class Warehouse:
    """The DuckDB file of a build: one connection, in which models become tables of the file, one after the other.

    Sources (`raw_…`) are views of the connection and never part of the file. A model that the file holds as a view
    (`sql/views`) is a table of the connection until `complete` creates the view.
    """

    def __init__(
        self, settings: Settings, path: Path, catalogue: Catalogue | None = None, *, read_only: bool = False
    ) -> None:
        """Open the file, and create it where it is not there.

        Args:
            settings: where the sources and the SQL are.
            path: of the file.
            catalogue: the description of tables; the shipped one unless given.
            read_only: whether it is only read.

        Raises:
            DisplacementError: the file cannot be opened or written.
        """
        import duckdb

        self.settings = settings
        self.path = path
        self.catalogue = catalogue or load_catalogue()
        self._views = read_views(settings.sql)
        self._provided: set[str] = set()
        self.connection = bounded(duckdb.connect(), settings.home)
        self._attach(read_only=read_only)

    def make(self, model: Model) -> int:
        """Create the table of a model, typed by the catalogue and with its comments; return its number of rows.

        Raises:
            DisplacementError: the SQL fails, the table is not described, or the file cannot be written.
        """
        table = self._described(model.name)
        self.provide(model.reads)
        self._run(self._table_statements(table, model.sql), f"The model {model.path}")
        return self.count(model.name)

    def complete(self) -> None:
        """Create the views and macros, once all tables are there.

        Raises:
            DisplacementError: one cannot be created, or the file cannot be written.
        """
        macros = read_macros(self.settings.sql, self.catalogue)
        if macros:
            self.provide(["raw_countries", "raw_indicators", "raw_country_aliases"])
        statements = [
            *(f"drop table if exists temp.main.{name}" for name in self._views),
            *(statement for view in self._views.values() for statement in view_statements(self.catalogue, view)),
            *(f"create or replace type {name} as enum ({sql})" for name, sql in TYPES.items() if macros),
            *macro_statements(macros),
        ]
        self._run(statements, f"The file {self.path}")

    def provide(self, names: Iterable[str]) -> None:
        """Make sources, and models that are views in the file, readable in this connection; tables are so already.

        Raises:
            DisplacementError: a source has no file, or a model fails.
        """
        for name in names:
            if name in self._provided:
                continue
            if name.startswith(SOURCE_PREFIX):
                select = source_select(self.settings, name)
                self._run([f"create or replace temp view {name} as {select}"], f"The source {name}")
                self._provided.add(name)
            elif name in self._views:
                self.make(read_models(self.settings.sql, frozenset({name}))[name])
                self._provided.add(name)

    def is_view(self, name: str) -> bool:
        """Say whether the file holds a table of the catalogue as a view."""
        return name in self._views

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""
        return int(self.connection.execute(f"select count(*) from {name}").fetchall()[0][0])

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the file, for another thread."""
        cursor = quiet(self.connection.cursor())
        cursor.execute(SEARCH_PATH)
        return cursor

    def close(self) -> None:
        """Write what is not yet in the file itself, and close it.

        Raises:
            DisplacementError: it cannot be written.
        """
        try:
            self._run(["use memory", "detach out"], f"The file {self.path}", in_one=False)
        finally:
            self.connection.close()

    def _attach(self, *, read_only: bool) -> None:
        """Attach the file as `out`; wait while a step in another process writes to it."""
        import duckdb

        options = "read_only" if read_only else f"storage_version '{STORAGE_VERSION}', block_size {BLOCK_BYTES}"
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.connection.execute(f"attach '{sql_text(self.path)}' as out ({options})")
                if not read_only:
                    self.connection.execute("create schema if not exists out.meta")
                self.connection.execute(SEARCH_PATH)
                return
            except duckdb.Error as error:
                if "lock" not in str(error) or time.monotonic() > until:
                    raise model_error(f"The file {self.path}", error) from error
            time.sleep(0.2)

    def _table_statements(self, table: Table, sql: str) -> list[str]:
        if table.name in self._views:
            return [f"create or replace temp table {table.name} as {typed_select(table, sql, ordered=False)}"]
        return [
            f"create or replace table {table.address} as {typed_select(table, sql)}",
            comment_on("table", table.address, table_comment(self.catalogue, table)),
            *_column_comments(self.catalogue, table),
        ]

    def _described(self, name: str) -> Table:
        try:
            return self.catalogue.tables[name]
        except KeyError:
            raise DisplacementError(
                f"The table {name} is not described: add src/displacement/catalogue/tables/{name}.toml."
            ) from None

    def _run(self, statements: Iterable[str], what: str, *, in_one: bool = True) -> None:
        """Run statements in one transaction: hundreds of comments would be written one by one."""
        import duckdb

        try:
            if in_one:
                self.connection.execute("begin")
            for statement in statements:
                self.connection.execute(statement)
            if in_one:
                self.connection.execute("commit")
        except duckdb.Error as error:
            with suppress(duckdb.Error):  # what failed is told; there may be nothing to roll back
                self.connection.execute("rollback")
            is_of_the_disk = any(reason in str(error) for reason in ("No space left", "denied", "Read-only"))
            raise model_error(f"The file {self.path}" if is_of_the_disk else what, error) from error


@contextmanager
def sources(settings: Settings, names: Iterable[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database in memory that holds sources (`raw_…`) as views.

    Raises:
        DisplacementError: a source has no file.
    """
    import duckdb

    with bounded(duckdb.connect(), settings.home) as connection:
        for name in names:
            connection.execute(f"create view {name} as {source_select(settings, name)}")
        yield connection


def macro_statements(macros: Mapping[str, Macro]) -> list[str]:
    """Return the statements that create the macros, each after those it calls, with their comments."""
    return [
        statement
        for macro in macros.values()
        for statement in (
            macro.statement,
            comment_on("macro" if macro.is_scalar else "macro table", macro.name, macro.comment),
        )
    ]


def view_statements(catalogue: Catalogue, view: View) -> list[str]:
    """Return the statements that create one view, with the comments a table would have."""
    table = catalogue.tables[view.name]
    return [
        f"create or replace view {view.name} as {view.sql}",
        comment_on("view", view.name, table_comment(catalogue, table)),
        *_column_comments(catalogue, table),
    ]


def _column_comments(catalogue: Catalogue, table: Table) -> list[str]:
    return [
        comment_on("column", f"{table.address}.{column.name}", column_comment(catalogue, column))
        for column in table.columns
    ]


def comment_on(kind: str, name: str, text: str) -> str:
    """Return a COMMENT statement."""
    return f"comment on {kind} {name} is '{sql_text(text)}'"


@cache
def read_views(sql: Path) -> dict[str, View]:
    """Return the views of `sql/views`, by name: tables of the catalogue whose rows stand in other tables already."""
    paths = sorted((sql / "views").glob("*.sql"))
    return {path.stem: View(path.stem, read_sql(path).statement) for path in paths}


@cache
def read_macros(sql: Path, catalogue: Catalogue) -> dict[str, Macro]:
    """Return the macros of `sql/macros`, and those derived from models, each after those it calls."""
    files = {path.stem: _read_macro(path) for path in sorted((sql / "macros").glob("*.sql"))}
    by_release = models_by_release(sql, catalogue)
    from_models = (as_of_macro(model, catalogue, set(by_release)) for model in by_release.values())
    first = {name: macro for name, macro in files.items() if macro.is_scalar}
    return first | files | {macro.name: macro for macro in from_models}


def described_macros(settings: Settings) -> list[dict[str, str]]:
    """Return the rows of the table `macros`: what can be called, with what, and what it gives."""
    return [
        {
            "macro": macro.name,
            "parameters": ", ".join(macro.parameters),
            "gives": "one value" if macro.is_scalar else "rows",
            "description": macro.comment,
        }
        for macro in read_macros(settings.sql, load_catalogue()).values()
    ]


def _read_macro(path: Path) -> Macro:
    file = read_sql(path)
    parameters = tuple(part.strip() for part in file.options["parameters"].split(",") if part.strip())
    kind, sql = file.options.get("kind"), file.statement
    if kind == EXPRESSION:
        sql = sql.removeprefix("select").rpartition(" as ")[0].strip()
    return Macro(path.stem, parameters, sql, " ".join(file.note), kind in (SCALAR, EXPRESSION))


def models_by_release(sql: Path, catalogue: Catalogue) -> dict[str, Model]:
    """Return the marts that can be computed as of a release, each after those it reads.

    They read a table that has a macro of its own, directly or through another mart, and are not kept of the newest
    release only.
    """
    found: dict[str, Model] = {}
    for name, model in read_models(sql).items():
        is_by_release = model.layer == "marts" and not catalogue.tables[name].only_newest
        if is_by_release and set(model.reads) & {*AS_OF_TABLES, *found}:
            found[name] = model
    return found


def as_of_macro(model: Model, catalogue: Catalogue, by_release: Collection[str]) -> Macro:
    """Return the macro that computes a model from the figures as they were in a release.

    Args:
        model: the model.
        catalogue: the description of the tables.
        by_release: the marts that have such a macro.

    The model's own SELECT is kept; only the tables it reads are exchanged for their macros, so that a total as of a
    release and a total of today can never be computed in two ways.
    """
    import sqlglot
    from sqlglot import expressions

    table = catalogue.tables[model.name]
    tree = parsed(model.sql, model.path).copy()
    for read in list(tree.find_all(expressions.Table)):
        if read.name in (*AS_OF_TABLES, *by_release):
            call = sqlglot.parse_one(
                f"select 1 from {read.name}_as_of(release) as {read.alias_or_name}", dialect="duckdb"
            )
            read.replace(call.find(expressions.Table))
        elif read.name in catalogue.tables and catalogue.tables[read.name].schema == "meta":
            read.set("db", sqlglot.to_identifier("meta"))
    body = tree.sql(dialect="duckdb", comments=False)
    return Macro(
        name=f"{table.name}_as_of",
        parameters=("release",),
        sql=typed_select(table, body),
        comment=f"{table.name} computed from the figures and headlines as they were in a release: {table.row}",
    )


def verify(path: Path, catalogue: Catalogue | None = None) -> dict[str, int]:
    """Return the number of rows of each table of a finished file, after comparing the file with its description.

    Raises:
        DisplacementError: the file lacks a table, a column or a comment.
    """
    import duckdb

    described = catalogue or load_catalogue()
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and comment is not null"
        ).fetchall()
        expected = [
            (table.schema, table.name, column) for table in described.tables.values() for column in table.column_names
        ]
        if differing := sorted(set(found) ^ set(expected)):
            raise DisplacementError(f"The file {path} does not match its description at {differing[:5]}.")
        counts = connection.execute(
            " union all ".join(
                f"select '{table.name}', count(*) from {table.address}" for table in described.tables.values()
            )
        ).fetchall()
    return dict(counts)
