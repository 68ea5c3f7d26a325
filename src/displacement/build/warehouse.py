"""The DuckDB file people open: every table with its comments, and the macros that answer common questions.

It is made in one step from the models' Parquet files, and checked before anybody sees it. What the tables say is
decided in `sql/` and described in the catalogue; switching the file into view is `publication`'s business.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.build.cache import kept
from displacement.build.models import STAMP_KEY, enum_values, parsed, typed_select
from displacement.catalogue import Catalogue, Table, load_catalogue
from displacement.catalogue.words import column_comment, table_comment
from displacement.errors import DisplacementError
from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import partial_name, unwritable
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

    from displacement.build.workspace import Workbench

FILE_NAME = "displacement.duckdb"
STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that opens the file."""

BLOCK_BYTES = 65_536
"""Size of a block: each table takes whole blocks, and most tables here are small (12.5 MB; 16.3 MB at the default)."""

SCALAR, EXPRESSION = "scalar", "expression"
"""The kinds of a macro that gives one value: a SELECT that reads tables, or one that reads none."""

WORDS = """
select concat(iso3, ' ', name) as word from memory.countries
union
select concat(country, ' ', alias) as word from memory.country_aliases
order by word
"""
"""Each country's code and names. No column is of this type: in it `known_country` finds the nearest without a table."""

AS_OF_TABLES = ("figures", "figures_history", "figures_superseded", "headlines", "held_back")
"""The tables whose macro `<table>_as_of(release)` is written by hand, in `sql/macros`."""

AS_OF_MODELS = (
    "global_totals",
    "country_totals",
    "region_totals",
    "corridors",
    "rankings",
    "hosting",
    "solutions",
    "asylum_outcomes",
    "yearly_change",
    "revisions",
    "anomalies",
    "headline_bridge",
    "claim_checks",
)
"""The models whose macro is derived from their SQL, each after those it reads."""

NOT_AS_OF = ("demographics",)
"""Models that read figures and have no macro: the breakdown by sex and age is kept of one release only."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the file: its parameters, the SQL it runs, whether it gives one value, and what it says.

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
        return f"create macro {self.name}({', '.join(self.parameters)}) as {body}"


@dataclass(frozen=True, slots=True)
class View:
    """A table that the file does not store: the SELECT over other tables that gives its rows."""

    name: str
    sql: str


class Draft:
    """The DuckDB file while it is written: tables can be put in as they are made, the rest when all is checked."""

    def __init__(self, workbench: Workbench) -> None:
        """Begin an empty file in `home/models`."""
        self._workbench = workbench
        self._path = partial_name(workbench.settings.models / FILE_NAME)
        self._catalogue = workbench.catalogue
        self._views = read_views(workbench.settings.sql)
        self._within: set[str] = set()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def put(self, tables: Iterable[str]) -> None:
        """Write tables of the workbench into the file, with their comments; those that are there already stay.

        Those that are views in the file are left to `finish`.

        Raises:
            DisplacementError: a model is missing, or the file cannot be written.
        """
        wanted = [name for name in tables if name not in self._within and name not in self._views]
        self._workbench.provide(wanted)
        self._run(statement for name in wanted for statement in table_statements(self._catalogue, name))
        self._within.update(wanted)

    def finish(self, target: Path) -> None:
        """Put in what is missing, add views and macros, and switch the file to its name; `target` must not exist.

        Raises:
            DisplacementError: a model is missing, the models are from different inputs, or the file cannot be written.
        """
        settings = self._workbench.settings
        require_one_stamp(settings.models, tuple(self._catalogue.tables))
        self.put(self._catalogue.tables)
        self._run(statement for view in self._views.values() for statement in view_statements(self._catalogue, view))
        self._run(macro_statements(read_macros(settings.sql, self._catalogue, settings.derived)))
        self.close()
        try:
            os.replace(self._path, target)
        except OSError as error:
            raise unwritable(target, error) from error

    def close(self) -> None:
        """Let go of the file, and of what was not committed to it."""
        import duckdb

        if self._connection:
            try:
                self._connection.execute("rollback")
            except duckdb.TransactionException:
                pass  # nothing was going on
            self._connection.execute("use memory")
            self._connection.execute("detach out")
            self._connection.close()
            self._connection = None

    def _run(self, statements: Iterable[str]) -> None:
        """Run statements in one transaction: hundreds of comments would be written one by one."""
        import duckdb

        try:
            connection = self._open()
            connection.execute("begin")
            for statement in statements:
                connection.execute(statement)
            connection.execute("commit")
        except duckdb.Error as error:
            raise model_error(f"The file {self._path}", error) from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._path.unlink(missing_ok=True)
            self._connection = self._workbench.reader()
            options = f"storage_version '{STORAGE_VERSION}', block_size {BLOCK_BYTES}"
            self._connection.execute(f"attach '{sql_text(self._path)}' as out ({options})")
            self._connection.execute("use out")
            for statement in type_statements(self._catalogue):
                self._connection.execute(statement)
        return self._connection


def build(workbench: Workbench, target: Path) -> None:
    """Write the DuckDB file from the models in one go; see `Draft`."""
    Draft(workbench).finish(target)


def type_statements(catalogue: Catalogue) -> list[str]:
    """Return the statements that make the enumerations, from the reference tables of the workbench."""
    enums = {enum.name: enum_values(enum, "memory.") for enum in catalogue.enums.values()} | {"country_word": WORDS}
    return [f"create type {name} as enum ({values})" for name, values in enums.items()]


def macro_statements(macros: Mapping[str, Macro]) -> list[str]:
    """Return the statements that make the macros, each after those it calls, with their comments."""
    return [
        statement
        for macro in macros.values()
        for statement in (
            macro.statement,
            comment_on("macro" if macro.is_scalar else "macro table", macro.name, macro.comment),
        )
    ]


def table_statements(catalogue: Catalogue, name: str) -> list[str]:
    """Return the statements that make one table, with its comments."""
    table = catalogue.tables[name]
    return [
        f"create table {table.name} as {typed_select(table, f'from memory.{table.name}', ordered=False)}",
        comment_on("table", table.name, table_comment(catalogue, table)),
        *_column_comments(catalogue, table),
    ]


def view_statements(catalogue: Catalogue, view: View) -> list[str]:
    """Return the statements that make one view, with the comments a table would have."""
    table = catalogue.tables[view.name]
    return [
        f"create view {view.name} as {view.sql}",
        comment_on("view", view.name, table_comment(catalogue, table)),
        *_column_comments(catalogue, table),
    ]


def _column_comments(catalogue: Catalogue, table: Table) -> list[str]:
    return [
        comment_on("column", f"{table.name}.{column.name}", column_comment(catalogue, column))
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
def read_macros(sql: Path, catalogue: Catalogue, derived: Path | None = None) -> dict[str, Macro]:
    """Return the macros of `sql/macros`, and those derived from models, each after those it calls.

    Args:
        sql: where the SQL is.
        catalogue: describes the tables.
        derived: where those are kept, if anywhere; see `derived`.
    """
    files = {path.stem: _read_macro(path) for path in sorted((sql / "macros").glob("*.sql"))}
    models = {sql / "marts" / f"{name}.sql": catalogue.tables[name] for name in AS_OF_MODELS}
    as_of = kept(
        derived,
        "macros",
        [(path.read_text(encoding="utf-8"), table) for path, table in models.items()],
        lambda: [astuple(as_of_macro(path, table)) for path, table in models.items()],
    )
    from_models = {name: Macro(name, tuple(parameters), *rest) for name, parameters, *rest in as_of}
    first = {name: macro for name, macro in files.items() if macro.is_scalar}
    return first | files | from_models


def _read_macro(path: Path) -> Macro:
    file = read_sql(path)
    parameters = tuple(part.strip() for part in file.options["parameters"].split(",") if part.strip())
    kind, sql = file.options.get("kind"), file.statement
    if kind == EXPRESSION:
        sql = sql.removeprefix("select").rpartition(" as ")[0].strip()
    return Macro(path.stem, parameters, sql, " ".join(file.note), kind in (SCALAR, EXPRESSION))


def as_of_macro(model: Path, table: Table) -> Macro:
    """Return the macro that computes a model from the figures as they stood in a release.

    The model's own SELECT is kept; only the tables it reads are exchanged for their macros, so that a total as of a
    release and a total of today can never be computed in two ways.
    """
    import sqlglot
    from sqlglot import expressions

    tree = parsed(model.read_text(encoding="utf-8"), model).copy()
    for read in list(tree.find_all(expressions.Table)):
        if read.name in (*AS_OF_TABLES, *AS_OF_MODELS):
            call = sqlglot.parse_one(
                f"select 1 from {read.name}_as_of(release) as {read.alias_or_name}", dialect="duckdb"
            )
            read.replace(call.find(expressions.Table))
    body = tree.sql(dialect="duckdb", comments=False)
    return Macro(
        name=f"{table.name}_as_of",
        parameters=("release",),
        sql=f"select {_qualified(table.name, table.column_names)} from ({body}) as {table.name} "
        f"order by {_qualified(table.name, table.order)}",
        comment=f"{table.name} computed from the figures and headlines as they stood in a release: {table.row}",
    )


def _qualified(table: str, columns: Iterable[str]) -> str:
    """Return columns with the name of their table: a bare `release` would be the macro's parameter."""
    return ", ".join(f"{table}.{column}" for column in columns)


def require_one_stamp(models: Path, names: tuple[str, ...]) -> None:
    """See to it that all models are there and were made from the same inputs.

    Raises:
        DisplacementError: one is missing, or two were made from different inputs.
    """
    missing = [name for name in names if not (models / f"{name}.parquet").exists()]
    if missing:
        raise DisplacementError(
            f"The models {', '.join(missing)} have not been made in {models}. Run `displacement build` for all of them."
        )
    stamps = read_stamps(models, names)
    if len(set(stamps.values())) > 1:
        newest = stamps["build"]
        others = sorted(name for name, stamp in stamps.items() if stamp != newest)
        raise DisplacementError(
            f"The models in {models} were made from different inputs ({', '.join(others)} from others than the rest). "
            "Run `displacement build` to make them all anew."
        )


def read_stamps(models: Path, names: tuple[str, ...]) -> Mapping[str, str]:
    """Return the fingerprint of the inputs each model was made from."""
    import duckdb

    files = ", ".join(f"'{sql_text(models / f'{name}.parquet')}'" for name in names)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select file_name, cast(value as varchar) from parquet_kv_metadata([{files}]) "
            f"where cast(key as varchar) = '{STAMP_KEY}'"
        ).fetchall()
    return {Path(file).stem: stamp for file, stamp in rows}


def verify(path: Path, models: Path, catalogue: Catalogue | None = None) -> dict[str, int]:
    """Return the number of rows of each table of a finished file, after comparing the file with its description.

    Raises:
        DisplacementError: the file lacks a table, a column or a comment, or lost rows of its models.
    """
    import duckdb

    described = catalogue or load_catalogue()
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal and comment is not null "
            "order by table_name, column_index"
        ).fetchall()
        counts = {name: _count(connection, name) for name in described.tables}
        stored = {
            name: _count(connection, f"read_parquet('{sql_text(models / f'{name}.parquet')}')")
            for name in described.tables
        }
    expected = [(table.name, column) for table in described.tables.values() for column in table.column_names]
    if sorted(found) != sorted(expected):
        differing = sorted(set(found) ^ set(expected))
        raise DisplacementError(f"The file {path} does not match its description at {differing[:5]}.")
    if counts != stored:
        differing_tables = sorted(name for name in counts if counts[name] != stored[name])
        raise DisplacementError(f"The file {path} lost rows of {', '.join(differing_tables)}.")
    return counts


def _count(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    return int(connection.execute(f"select count(*) from {what}").fetchall()[0][0])
