"""The workbench: an in-memory database in which models are made, and from which files are written.

What is made is kept as Parquet under `home/models`, so that a table can be read back in any other process. Which
models there are and in what order is `modelling`'s business; whether their rows are right is decided in `quality`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from displacement.build.models import (
    SOURCE_PREFIX,
    STAMP_KEY,
    Model,
    enum_values,
    source_select,
    typed_select,
)
from displacement.catalogue import Catalogue, Table, load_catalogue
from displacement.errors import DisplacementError
from displacement.storage.duck import bounded, model_error, quiet, sql_text
from displacement.storage.files import partial_name, unwritable

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

T = TypeVar("T")
R = TypeVar("R")


TABLE, CSV = "table", "csv"
"""What can be begun: a table with its Parquet file, and a CSV file."""


class Workbench:
    """An in-memory database in which models are made.

    A table stays in memory for the models after it. A table that is not there is read from its Parquet file, so that
    every model can also be made alone, in another process. Work can be begun in the background (`begin`): nothing of
    it is kept before the same work is asked for in the foreground.
    """

    def __init__(self, settings: Settings, stamp: str, catalogue: Catalogue | None = None) -> None:
        """Open an empty workbench.

        Args:
            settings: where the sources, the models and the SQL are.
            stamp: fingerprint of the inputs, written into each Parquet file.
            catalogue: the description of tables; the shipped one unless given.
        """
        import duckdb

        self.settings = settings
        self.stamp = stamp
        self.catalogue = catalogue or load_catalogue()
        self._connection = bounded(duckdb.connect(), settings.home)
        self._lock = RLock()
        self._provided: set[str] = set()
        self._have_types = False
        self._stumbled = False
        self._pool: ThreadPoolExecutor | None = None
        self._second: ThreadPoolExecutor | None = None
        self._begun: dict[tuple[str, str], Future[None]] = {}
        self.is_as_begun = True
        """Whether every table here so far is the one that was made in the background, where one was."""

    # --- what is asked for ---------------------------------------------------------------------------------------

    def begin(self, models: Iterable[Model], then: Callable[[str, Path], None] | None = None) -> None:
        """Begin to make models in the background, in the order given.

        The database works while Python imports and other assets are checked. Whatever fails here is done again, and
        its error raised, where it is asked for.

        Args:
            models: the models, each after those it reads.
            then: called with the name of each table that is made and the file it stands in so far.
        """

        def make(model: Model) -> None:
            self._make(model)
            if then:
                then(model.name, self.staged(model.name))

        for model in models:
            self._begun[TABLE, model.name] = self.submit(make, model)

    def begin_csv(self, names: Iterable[str]) -> None:
        """Begin to write tables as CSV in the background, after what was begun before."""
        for name in names:
            self._begun[CSV, name] = self.submit(self._write_csv, name)

    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        """Begin a piece of work in the background, after what was begun before; it is not done if that failed."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workbench")
            self._use_cores(all_but=1)  # one is left to what the foreground waits for
        return self._pool.submit(self._ahead, work, item)

    def submit_beside(self, work: Callable[[T], R], item: T) -> Future[R]:
        """Begin a piece of work after what was begun before, beside what is begun after it; it makes no table."""
        before = self.submit(_nothing, None)

        def after(item: T) -> R:
            before.result()
            return work(item)

        if self._second is None:
            self._second = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside the workbench")
        return self._second.submit(after, item)

    def wait(self) -> None:
        """Wait until nothing is going on in the background."""
        self._end(cancel=False)
        self.use_all_cores()

    def use_all_cores(self) -> None:
        """Leave no core to others, from the next query on."""
        self._use_cores(all_but=0)

    def prepare(self, model: Model) -> bool:
        """Run a model, or wait until it has run; its file stands at `staged` until it is kept.

        Returns:
            Whether the table is the one that was made in the background.

        Raises:
            DisplacementError: the SQL fails, or the file cannot be written.
        """
        return self._finish(TABLE, model.name, lambda: self._make(model))

    def keep(self, name: str) -> int:
        """Switch the file of a table to its name; return its number of rows."""
        self._keep(self.model_path(name))
        return self.count(name)

    def make(self, model: Model) -> int:
        """Run a model and keep its table, here and as Parquet; return its number of rows.

        Raises:
            DisplacementError: the SQL fails, or the file cannot be written.
        """
        self.prepare(model)
        return self.keep(model.name)

    def csv(self, name: str) -> Path:
        """Write a table as CSV (UTF-8, one header row, ISO dates, nothing for what is absent); return the file.

        Raises:
            DisplacementError: the file cannot be written.
        """
        path = self.settings.models / f"{name}.csv"
        self._finish(CSV, name, lambda: self._write_csv(name))
        self._keep(path)
        return path

    def provide(self, names: Iterable[str]) -> None:
        """See to it that tables can be read here: from memory, from their source file, or from their Parquet file."""
        for name in names:
            with self._lock:
                if name not in self._provided:
                    self._provide(name)
                    self._provided.add(name)

    def reader(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the tables here."""
        return quiet(self._connection.cursor())

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""
        return int(self.reader().execute(f"select count(*) from {name}").fetchall()[0][0])

    def staged(self, name: str) -> Path:
        """Return where the Parquet file of a model stands before it is kept."""
        return partial_name(self.model_path(name))

    def model_path(self, name: str) -> Path:
        """Return where the Parquet file of a model stands."""
        return self.settings.models / f"{name}.parquet"

    def stop(self) -> None:
        """Wait for the pieces of work in the background, and do no more of what was begun."""
        self._end(cancel=True)

    def close(self) -> None:
        """Stop what was begun, remove what it wrote and nobody asked for, and free the memory."""
        self.stop()
        for kind, name in self._begun:
            path = self.settings.models / f"{name}.{'parquet' if kind == TABLE else kind}"
            partial_name(path).unlink(missing_ok=True)
        self._connection.close()

    # --- how it is done ------------------------------------------------------------------------------------------

    def _finish(self, kind: str, name: str, work: Callable[[], None]) -> bool:
        """Wait for work begun in the background; do it here where it was not begun, or failed.

        A file that was not started yet is written here, too. A table never is: the model that comes next in the
        background could read the one of the build before.

        Returns whether it was done in the background.
        """
        begun = self._begun.pop((kind, name), None)
        overtaken = kind == CSV and begun is not None and begun.cancel()
        if begun and not overtaken and begun.exception() is None:
            return True
        self.is_as_begun = self.is_as_begun and (begun is None or overtaken)
        work()
        return False

    def _end(self, *, cancel: bool) -> None:
        for pool in filter(None, (self._pool, self._second)):  # in this order: the second waits for the first
            pool.shutdown(wait=True, cancel_futures=cancel)
        self._pool = self._second = None

    def _use_cores(self, all_but: int) -> None:
        cores = (os.cpu_count() or 1) - all_but
        self._connection.execute(f"set threads = {max(1, cores)}")

    def _ahead(self, work: Callable[[T], R], item: T) -> R:
        """Do one piece of work in the background, unless one before it failed.

        What comes after a failure would read an older table from its file, and nobody would notice.
        """
        if self._stumbled:
            raise DisplacementError("Work before this failed.")
        try:
            return work(item)
        except Exception:
            self._stumbled = True
            raise

    def _make(self, model: Model) -> None:
        table = self._described(model.name)
        with self._lock:
            self._provide_types()
            self.provide(model.reads)
            self._run(
                f"create or replace table {table.name} as {typed_select(table, model.sql)}", f"The model {model.path}"
            )
            self._provided.add(table.name)
            self._write(
                table.name,
                self.model_path(table.name),
                f"format parquet, compression zstd, kv_metadata {{{STAMP_KEY}: '{self.stamp}'}}",
            )
            self._compress()

    def _compress(self) -> None:
        """Compress what is in memory, to a seventh; not while somebody reads, which does no harm."""
        import duckdb

        try:
            self._connection.execute("checkpoint")
        except duckdb.TransactionException:
            pass

    def _write_csv(self, name: str) -> None:
        """Write a table as CSV; two can be written at a time."""
        self.provide([name])
        self._write(name, self.settings.models / f"{name}.csv", "format csv, header")

    def _write(self, name: str, path: Path, options: str) -> None:
        """Write a table beside `path`, under the name that `_keep` switches."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        with self.reader() as connection:
            self._run(f"copy {name} to '{sql_text(partial_name(path))}' ({options})", f"The file {path}", connection)

    def _keep(self, path: Path) -> None:
        try:
            os.replace(partial_name(path), path)
        except OSError as error:
            raise unwritable(path, error) from error

    def _provide(self, name: str) -> None:
        if name.startswith(SOURCE_PREFIX):
            self._run(f"create or replace view {name} as {source_select(self.settings, name)}", f"The source {name}")
            return
        self._provide_types()
        stored = f"from read_parquet('{sql_text(self.model_path(name))}')"
        select = typed_select(self._described(name), stored, ordered=False)
        self._run(f"create or replace table {name} as {select}", f"The model {name}")

    def _provide_types(self) -> None:
        if self._have_types:
            return
        for enum in self.catalogue.enums.values():
            if enum.source:
                self.provide([SOURCE_PREFIX + enum.source.split(".")[0]])
            self._run(f"create type {enum.name} as enum ({enum_values(enum, SOURCE_PREFIX)})", f"The type {enum.name}")
        self._have_types = True

    def _described(self, name: str) -> Table:
        try:
            return self.catalogue.tables[name]
        except KeyError:
            raise DisplacementError(
                f"The table {name} is not described: add src/displacement/catalogue/tables/{name}.toml."
            ) from None

    def _run(self, sql: str, what: str, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        import duckdb

        try:
            (connection or self._connection).execute(sql)
        except duckdb.Error as error:
            raise model_error(what, error) from error


def _nothing(item: None) -> None:
    """Stand in the background for everything that was begun before."""
