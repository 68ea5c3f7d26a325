"""The models: each `.sql` file under `sql/` is one SELECT and makes one table.

Reading the files, ordering them by what they read, and phrasing the statements belongs here; `warehouse` runs them.
What a table means is in its SQL and in the catalogue; whether its rows are right is decided in `quality`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.catalogue import Catalogue, Table, load_catalogue
from displacement.catalogue.words import INDICATOR_USE, indicator_use
from displacement.errors import DisplacementError
from displacement.sources import nowcasts
from displacement.storage.duck import sql_text
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    from displacement.settings import Settings

LAYERS = ("staging", "marts", "projections")
SOURCE_PREFIX = "raw_"
INDICATOR_SOURCE = "raw_indicator_use"
"""What the catalogue knows of indicators: the one source that is no file."""

NOWCAST_SOURCE = "raw_nowcast_snapshots"
"""UNHCR's nowcasts that were captured here, none where there is no file of them."""

ADDED_PREFIX = "raw_added_"
"""The claims and forecasts added to this installation, none where there is no file of them."""


@dataclass(frozen=True, slots=True)
class Model:
    """One SQL file: the table it makes, the tables it reads, and the comment it opens with."""

    name: str
    layer: str
    path: Path
    sql: str
    header: str
    reads: tuple[str, ...]

    @property
    def reads_models(self) -> tuple[str, ...]:
        """The other models it reads."""
        return tuple(name for name in self.reads if not name.startswith(SOURCE_PREFIX))


@cache
def read_models(directory: Path, wanted: frozenset[str] = frozenset()) -> dict[str, Model]:
    """Return the models under `directory`, or those that are wanted and what they read, each after those it reads.

    Raises:
        DisplacementError: a file cannot be parsed, is not one SELECT, or reads what no model makes; or the models read
            each other in a circle.
    """
    files = {path.stem: (layer, path) for layer in LAYERS for path in sorted((directory / layer).glob("*.sql"))}
    models: dict[str, Model] = {}
    to_read = list(wanted or files)
    for name in to_read:  # it grows while it is read
        layer, path = files[name]
        text = path.read_text(encoding="utf-8")
        model = models[name] = Model(name, layer, path, text, "\n".join(read_sql(path).note), tables_read(text, path))
        for read in model.reads_models:
            if read not in files:
                raise DisplacementError(f"The model {path} reads {read}, which no model makes.")
            if read not in to_read:
                to_read.append(read)
    names = ("countries",) if "countries" in models else ()  # joined to the codes of other tables
    reads = {name: (*model.reads_models, *(names if name not in names else ())) for name, model in models.items()}
    try:
        order = tuple(TopologicalSorter(reads).static_order())
    except CycleError as error:
        raise DisplacementError(f"The models {', '.join(error.args[1][1:])} read each other in a circle.") from error
    return {name: models[name] for name in order}


def require_described(models: Mapping[str, Model], catalogue: Catalogue) -> None:
    """Ensure that models and descriptions fit: each table has both, with the same columns.

    Raises:
        DisplacementError: one is missing, or a column of one is not in the other; the files are named.
    """
    for name in catalogue.tables.keys() - models.keys():
        raise DisplacementError(
            f"catalogue/tables/{name}.toml describes a table that no model makes: add sql/marts/{name}.sql, or remove "
            "the description."
        )
    for name, model in models.items():
        if name not in catalogue.tables:
            raise DisplacementError(
                f"The model {model.path} is not described: add src/displacement/catalogue/tables/{name}.toml "
                "(docs/extending.md shows one)."
            )
        made = set(parsed(model.sql, model.path).named_selects)
        described = {column.name for column in catalogue.tables[name].columns if not column.name_of}
        for column in [*sorted(made - described), *sorted(described - made)]:
            has, lacks = ("has", "does not list") if column in made else ("lacks", "lists")
            raise DisplacementError(
                f"The model {model.path} {has} the column {column}, which catalogue/tables/{name}.toml {lacks}."
            )


def tables_read(sql: str, path: Path) -> tuple[str, ...]:
    """Return the names of the tables a SELECT reads, sorted, its own common table expressions left out.

    >>> tables_read("with own as (from raw_figures) select * from own join countries using (iso3)", Path("a.sql"))
    ('countries', 'raw_figures')

    Raises:
        DisplacementError: the file is not one SELECT.
    """
    from sqlglot import expressions

    tree = parsed(sql, path)
    own = {cte.alias for cte in tree.find_all(expressions.CTE)}
    return tuple(sorted({table.name for table in tree.find_all(expressions.Table)} - own))


@cache
def parsed(sql: str, path: Path) -> Any:
    """Return the tree of the SELECT in a file, parsed once. Who changes it takes a copy.

    Raises:
        DisplacementError: the file is not one SELECT.
    """
    import sqlglot
    from sqlglot import expressions

    try:
        statements = sqlglot.parse(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise DisplacementError(f"The model {path} cannot be parsed: {error}") from error
    if len(statements) != 1 or not isinstance(statements[0], expressions.Query):
        raise DisplacementError(f"The model {path} must hold exactly one SELECT.")
    return statements[0]


def typed_select(table: Table, sql: str, *, ordered: bool = True) -> str:
    """Return a SELECT of `sql` with the columns, types and order of the catalogue, and names beside codes.

    Columns are written with the name of their table: a bare `release` would be the parameter of a macro.
    """
    own = table.name
    values = {
        column: f"coalesce({column.name}.name, {own}.{column.name_of})" if column.name_of else f"{own}.{column.name}"
        for column in table.columns
    }
    columns = ", ".join(f"cast({value} as {column.type}) as {column.name}" for column, value in values.items())
    names = "".join(
        f" left join countries as {column.name} on {own}.{column.name_of} = {column.name}.iso3"
        for column in table.columns
        if column.name_of
    )
    order = f" order by {', '.join(f'{own}.{name}' for name in table.order)}" if ordered else ""
    return f"select {columns} from ({sql}) as {own}{names}{order}"


def source_file(settings: Settings, name: str) -> Path | None:
    """Return the Parquet or CSV file of a source: of the ledger the run is bound to, else the one that is shipped."""
    stem = name.removeprefix(SOURCE_PREFIX)
    for directory in filter(None, (settings.ledger, settings.data)):
        for path in (directory / f"{stem}.parquet", directory / f"{stem}.csv"):
            if path.exists():
                return path
    return None


def source_select(settings: Settings, name: str) -> str:
    """Return the SELECT that reads a source: a Parquet or CSV file, a record of the build (JSON), or the catalogue.

    CSV columns come as text, so that codes such as NA and 004 stay what they are; the catalogue gives them their type.

    Raises:
        DisplacementError: no file of this name is there.
    """
    stem = name.removeprefix(SOURCE_PREFIX)
    path, record = source_file(settings, name), settings.records / f"{stem}.json"
    if name == INDICATOR_SOURCE:
        return _described_indicators()
    if name == NOWCAST_SOURCE:
        return _nowcasts(settings)
    if name.startswith(ADDED_PREFIX):
        return _added(settings, name.removeprefix(ADDED_PREFIX))
    if path and path.suffix == ".parquet":
        return f"from read_parquet('{sql_text(path)}')"
    if path:
        return _csv_select(path)
    if record.exists():
        fields = ", ".join(f"{column}: 'varchar'" for column in load_catalogue().tables[stem].column_names)
        return f"from read_json('{sql_text(record)}', format = 'array', columns = {{{fields}}})"
    raise DisplacementError(f"The source {name} has no file in {settings.data} and no record in {settings.records}.")


def _nowcasts(settings: Settings) -> str:
    columns = ", ".join(f"{column}: 'varchar'" for column in nowcasts.COLUMNS)
    files = ", ".join(f"'{sql_text(path)}'" for path in nowcasts.kept(settings))
    if not files:
        return f"select {', '.join(f'null::varchar as {column}' for column in nowcasts.COLUMNS)} where false"
    return f"from read_json([{files}], format = 'array', columns = {{{columns}}})"


def _csv_select(path: Path) -> str:
    dialect = "header = true, delim = ',', quote = '\"', escape = '\"'"
    return f"from read_csv('{sql_text(path)}', all_varchar = true, {dialect})"


def _added(settings: Settings, register: str) -> str:
    """Return the SELECT of the rows added here, whatever their file holds: what cannot be read of it is left out."""
    shipped, added = settings.data / f"{register}.csv", settings.added(register)
    if not added.exists():
        return f"select * from ({_csv_select(shipped)}) as rows where false"
    with shipped.open(encoding="utf-8") as stream:
        columns = ", ".join(f"{name}: 'varchar'" for name in stream.readline().strip().split(","))
    dialect = "delim = ',', quote = '\"', escape = '\"', auto_detect = false, header = true"
    lenient = "ignore_errors = true, null_padding = true, strict_mode = false"
    return f"from read_csv('{sql_text(added)}', columns = {{{columns}}}, {dialect}, {lenient})"


def _described_indicators() -> str:
    rows = (", ".join(f"'{sql_text(value)}'" for value in row) for row in indicator_use(load_catalogue()))
    return f"from (values ({'), ('.join(rows)})) as described ({', '.join(INDICATOR_USE)})"
