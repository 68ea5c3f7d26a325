"""The published file, opened read-only with nothing else in reach, and a user's question to it.

Every command that shows figures opens the file here. How an answer is printed is in `formats`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import names
from displacement.storage.duck import execute, first_line, quiet, rows, sql_text

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "displacement.duckdb"

LIMITS = {
    "enable_external_access": "false",
    "memory_limit": "1GB",
    "max_temp_directory_size": "4GB",
    "temp_directory": str(Path(tempfile.gettempdir()) / f"displacement-{os.getpid()}-{secrets.token_hex(8)}"),
}
"""What a reader may use. DuckDB would spill beside the file, and allows SQL to write where it spills."""

TIMEOUT = 60.0
"""Seconds a question may take."""

COPIED = ("headlines", "figures_history", "held_back")
"""Tables whose macro reads the table of the same name: a view of that name would call itself, so rows are copied."""


def open_published(public: Path, as_of: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to the published file, with no way to files or the network from SQL.

    Args:
        public: the directory of the published build.
        as_of: a release; every table computed from figures then has the rows it had in that release.

    Raises:
        DisplacementError: there is no file, or it cannot be opened.
        WrongUseError: there is no such release.
    """
    import duckdb

    path = public / FILE_NAME
    if not path.exists():
        raise DisplacementError(f"There is no build at {path}. Run `displacement build` first.")
    try:
        connection = duckdb.connect(str(path), read_only=True, config=dict(LIMITS))
        if not connection.execute("select current_setting('lock_configuration')").fetchall()[0][0]:
            quiet(connection).execute("set lock_configuration = true")  # of all connections of this process to the file
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    if as_of:
        _turn_back(connection, as_of)
    return connection


def open_kept(public: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection for a question of ours to the published file, which stays open for the next.

    The file is attached to a database in memory: opened by itself, nobody could open it with other settings in the same
    process. A build that is published later is another file, and is opened.

    Raises:
        DisplacementError: there is no file, or it cannot be opened.
    """
    path = (public / FILE_NAME).resolve()
    if not path.exists():
        return open_published(public)
    connection = quiet(_attached(path, path.stat().st_ino).cursor())
    connection.execute("use published")
    return connection


@lru_cache(maxsize=1)
def _attached(path: Path, _inode: int) -> duckdb.DuckDBPyConnection:
    import duckdb

    limits = {name: value for name, value in LIMITS.items() if name != "enable_external_access"}
    limits["temp_directory"] += "-kept"  # two databases do not share where they spill
    connection = duckdb.connect(config=dict(limits))
    try:
        connection.execute(f"attach '{sql_text(path)}' as published (read_only)")
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    connection.execute("set enable_external_access = false")
    return connection  # not locked: DuckDB 2 would refuse to make a cursor quiet, and no SQL of users runs here


def _unreadable(path: Path, error: duckdb.Error) -> DisplacementError:
    return DisplacementError(f"The file {path} cannot be opened ({first_line(error)}). Run `displacement build`.")


def _turn_back(connection: duckdb.DuckDBPyConnection, release: str) -> None:
    """Put views of the same names before the tables, with the rows of a release."""
    execute(connection, f"select known_release('{sql_text(release)}')")
    macros = connection.execute(
        "select function_name from duckdb_functions() where not internal and ends_with(function_name, '_as_of')"
    ).fetchall()
    tables = sorted((name.removesuffix("_as_of") for (name,) in macros), key=lambda table: table not in COPIED)
    for table in tables:  # copies first: a view would read the whole history through its own name
        kind = "table" if table in COPIED else "view"
        connection.execute(f"create temp {kind} {table} as from {table}_as_of('{sql_text(release)}')")


# --- a user's question ------------------------------------------------------------------------------------------------


@contextmanager
def asked(
    connection: duckdb.DuckDBPyConnection, sql: str, as_of: str | None = None, timeout: float = TIMEOUT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give the open result of a user's SQL, to be read within the time limit.

    Raises:
        WrongUseError: it is not one SELECT, DuckDB refuses it, or it reads a table that is not kept by release.
        DisplacementError: it took longer than `timeout` seconds.
    """
    require_question(connection, sql)
    if as_of:
        require_kept_by_release(tables_named(connection, sql), as_of)
    with time_limit(connection, timeout):
        yield answer(connection, sql)


def require_question(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Require that a text is one SELECT (or EXPLAIN, DESCRIBE, SHOW, PIVOT).

    DuckDB lets SQL write to the file's own log and to where it spills, even of a file opened read-only; so nothing but
    a question is run.

    Raises:
        WrongUseError: it is something else, or several statements.
    """
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise WrongUseError(first_line(error)) from error
    kinds = [statement.type.name for statement in statements]
    if kinds == ["EXPLAIN"]:
        explained = re.fullmatch(r"\s*explain(?:\s+analyze)?\s*(?:\([^)]*\)\s*)?(.*)", sql, re.IGNORECASE | re.DOTALL)
        kinds = [one.type.name for one in connection.extract_statements(explained[1])] if explained else []
    if not kinds and not statements:
        raise WrongUseError("There is no statement to run. Ask for instance: select * from global_totals.")
    is_pivot = kinds == ["CREATE", "SELECT"] and not any(statement.query for statement in statements)
    if kinds == ["SELECT"] or is_pivot:
        return
    if len(statements) > 1:
        raise WrongUseError(f"These are {len(statements)} statements. Ask one question at a time.")
    raise WrongUseError("The published file is read-only: ask one question that begins with SELECT, FROM or WITH.")


def require_kept_by_release(tables: Iterable[str], as_of: str) -> None:
    """Require that tables can be read as of a release.

    Raises:
        WrongUseError: one is kept of the newest release only, or is named with its database, which has the newest rows.
    """
    described = load_catalogue().tables
    for table in sorted(tables):
        database, _, name = table.rpartition(".")
        if name in described and described[name].only_newest:
            raise WrongUseError(
                f"The table {name} is kept of the newest release only, so it cannot answer as of {as_of}; "
                "leave out --as-of to read it."
            )
        if database:
            raise WrongUseError(f"Write {name} instead of {table}, which would answer with the newest figures.")


def tables_without_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """Return a sentence for each table without rows that a question names: the file itself tells what it is for."""
    empty = rows(
        connection, "select table_name, comment from duckdb_tables() where estimated_size = 0 and not temporary"
    )
    named = set(re.findall(r"\w+", sql.lower()))
    return [
        f"The table {one['table_name']} has no rows in this file. {one['comment']}"
        for one in empty
        if one["table_name"] in named
    ]


def tables_named(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Return the tables that a question names, with their database where it is named; those behind views are not.

    Raises:
        WrongUseError: it names tables in text, as `query_table('figures')` does.
    """
    [(text,)] = connection.execute(f"select json_serialize_sql('{sql_text(sql)}')").fetchall()
    tree = json.loads(text)
    if tree["error"]:  # of EXPLAIN and PIVOT there is no tree: any word may be a table
        return set(re.findall(r"\w+", sql.lower())) & set(load_catalogue().tables)
    described = load_catalogue().tables
    found: set[str] = set()
    nodes: list[Any] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict) and node.get("type") == "BASE_TABLE":
            name, schema = node["table_name"].lower(), node["schema_name"]
            address = described[name].address if name in described else name
            named = [node["catalog_name"], "" if schema == "main" or f"{schema}.{name}" == address else schema, name]
            found.add(".".join(part for part in named if part))
        if isinstance(node, dict) and node.get("function_name") in ("query", "query_table"):
            raise WrongUseError("Write tables by their names, without query() and query_table(), with --as-of.")
        nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return found


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what a connection does after some seconds.

    Raises:
        DisplacementError: it was interrupted.
    """
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        connection.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except WrongUseError as error:
        if not expired.is_set():
            raise
        raise DisplacementError(
            f"The question took longer than {seconds:g} s and was stopped. Ask for less, or allow more with --timeout."
        ) from error
    finally:
        timer.cancel()


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Run SQL and return its open result.

    Raises:
        WrongUseError: DuckDB refuses it; for an unknown table or macro the message has the nearest and those known.
    """
    import duckdb

    try:
        return execute(connection, sql)
    except WrongUseError as error:
        if isinstance(error.__cause__, duckdb.CatalogException):
            raise _not_there(connection, error.__cause__) from error
        raise


def _not_there(connection: duckdb.DuckDBPyConnection, error: duckdb.CatalogException) -> WrongUseError:
    """Return the error for a table or macro that is not in the file, with those that are."""
    found = re.search(r"(Table Function|Table) with name (\S+) does not exist", str(error))
    if found is None:
        return WrongUseError(first_line(error))
    kind, listed = _LISTED[found[1]]
    return names.unknown(kind, found[2].rstrip("!"), [row["name"] for row in rows(connection, listed)])


_LISTED = {
    "Table": (
        "table",
        "select distinct if(table_schema = 'meta', 'meta.', '') || table_name as name from information_schema.tables "
        "where table_schema in ('main', 'meta') order by name",
    ),
    "Table Function": (
        "macro",
        "select function_name as name from duckdb_functions() "
        "where not internal and function_type = 'table_macro' order by name",
    ),
}
