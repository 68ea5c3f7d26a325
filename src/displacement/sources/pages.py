"""The pages of a table: what their envelopes and rows are, and the table that they make.

Rows are read by DuckDB from the file that is kept, many times faster than Python could; but it drops keys it does not
know and fills in those that are missing, so whether it had to is found out here. Values stay as they were published, as
text. Whether the rows are the answer to what was asked is checked in the publisher's module.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.sources.layouts import Layout, layout_of, refusal
from displacement.sources.publishers import PassingFaultError, SourceError
from displacement.storage.duck import quiet, sql_text
from displacement.storage.files import unwritable, written_whole

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class InconsistentError(Exception):
    """Pages of a table do not fit together: it may have changed meanwhile. The message is the end of a sentence."""


FIRST_ROW = 1 << 16
"""Bytes in which the first row of a page ends; a longer one is found by reading the whole page."""


@dataclass(frozen=True)
class Page:
    """The bytes of a page, whose rows stand under a name of the envelope."""

    body: bytes
    rows_under: str

    @cached_property
    def _parts(self) -> tuple[bytes, int] | None:
        """The page without its rows, and where these begin."""
        start = re.search(rb'"' + self.rows_under.encode() + rb'"\s*:\s*\[', self.body)
        return (self.body[: start.end()] + self.body[self.body.rfind(b"]") :], start.end()) if start else None

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """What stands around the rows.

        Raises:
            PassingFaultError: the page is no JSON, or no object.
        """
        found = _parsed(self._parts[0]) if self._parts else None
        return found if isinstance(found, dict) else self.document

    @cached_property
    def document(self) -> dict[str, Any]:
        """The page, read by Python: slow, and only done where it has to be.

        Raises:
            PassingFaultError: it is no JSON, or no object.
        """
        document = _parsed(self.body)
        if document is None:
            raise PassingFaultError("the answer was no JSON, or cut short")
        if not isinstance(document, dict):
            raise PassingFaultError("the answer was JSON of another form")
        return document

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows, read by Python."""
        rows = self.document.get(self.rows_under)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PassingFaultError(f"the answer had no rows under {self.rows_under!r}")
        return rows

    @cached_property
    def first_keys(self) -> tuple[str, ...] | None:
        """The keys of the first row; None where there is no row."""
        if self._parts:
            start = self._parts[1]
            text = self.body[start : start + FIRST_ROW].decode("utf-8", "ignore").lstrip()
            try:
                row, _ = json.JSONDecoder().raw_decode(text)
            except ValueError:
                pass  # no row, or a very long one
            else:
                return tuple(row) if isinstance(row, dict) else None
        return tuple(self.rows[0]) if self.rows else None

    def has_just(self, columns: Collection[str], rows: int, with_nulls: Collection[str]) -> bool:
        """Say whether every row has these keys and no others, as far as that can be told without reading them.

        Args:
            columns: the keys every row should have.
            rows: how many rows were read.
            with_nulls: those of the columns in which something was missing, or null.

        Returns:
            False where the rows have to be read to know.
        """
        if self._parts is None:
            return False
        inside = self.body.count(b'":') - self._parts[0].count(b'":')
        return inside == rows * len(columns) and all(
            self.body.count(f'"{column}":'.encode()) == rows for column in with_nulls
        )


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def number_in(page: Page, name: str) -> int:
    """Return a number of an envelope, which may come as text.

    Raises:
        PassingFaultError: it is not there.
    """
    try:
        return int(page.envelope[name])
    except (KeyError, TypeError, ValueError):
        raise PassingFaultError(f"the answer did not say {name!r}") from None


def within_years(rows: PageRows, first: int, last: int) -> str:
    """Return what is wrong with the years of a page, given those asked for; nothing where they are right."""
    if rows.unreadable_years:
        return f"{rows.unreadable_years:,} rows of a page have no year"
    if rows.first_year is None or rows.last_year is None or first <= rows.first_year <= rows.last_year <= last:
        return ""
    return f"rows of a page are of {rows.first_year} to {rows.last_year}, asked for were {first} to {last}"


# --- the table that pages make ----------------------------------------------------------------------------------------

MEMORY = "450MB"
"""What DuckDB may hold at a time; the rows it has read are kept by Arrow, which takes a fifth of the room."""

READERS = 2
"""Pages read at the same time. Each reserves memory for a whole document: eight at a time, with long numbers in them,
once took more than there is; and more than two are no faster on a small machine."""

UNUSED = "_"
"""A column beside the rows that is not used: where there is only one, DuckDB 1.5 takes three times as long."""

SPARE = 4096
"""Bytes that DuckDB is given beyond those of a page: it reserves twice what it may need for one document."""

NAMES = ("coo", "coo_id", "coa", "coa_id")
"""The columns in which a dash says that a row is a sum over origins or over places of asylum."""


@dataclass(frozen=True, slots=True)
class PageRows:
    """What the rows of a page are: how many, of which years, and how many of them name no origin or no asylum."""

    rows: int
    first_year: int | None = None
    last_year: int | None = None
    unreadable_years: int = 0
    nameless: int = 0


@contextmanager
def assembly_line(directory: Path) -> Iterator[AssemblyLine]:
    """Give a place where tables are put together, and remove it in the end; so is what a killed fetch left there."""
    import duckdb

    shutil.rmtree(directory, ignore_errors=True)
    try:
        directory.mkdir(parents=True)
    except OSError as error:
        raise unwritable(directory, error) from error
    try:
        with quiet(duckdb.connect(config={"memory_limit": MEMORY, "threads": 1})) as database:
            yield AssemblyLine(database, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class AssemblyLine:
    """A database that reads pages, one thread a page, since they are read side by side; and room for whole tables."""

    database: duckdb.DuckDBPyConnection
    directory: Path
    readers: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(READERS))


class Assembly:
    """One table in the making. Threads may add different pages at the same time."""

    def __init__(
        self,
        line: AssemblyLine,
        dataset: str,
        *,
        rows_under: str = "items",
        dated: bool = True,
        named: bool = True,
    ) -> None:
        """Begin a table.

        Args:
            line: the database it is put together in.
            dataset: its name on the list of layouts.
            rows_under: where in the envelope of a page its rows stand.
            dated: whether its rows have years.
            named: whether they name an origin and an asylum.
        """
        self.dataset = dataset
        self._line = line
        self._rows_under = rows_under
        self._dated = dated
        self._named = named
        self._layout: Layout | None = None
        self._pages: dict[int, pa.Table | None] = {}

    def add(self, number: int, path: Path, page: Page) -> PageRows:
        """Read a page.

        Args:
            number: its number, from 1: rows of the table stand in the order of pages.
            path: the compressed file that is kept of it.
            page: its bytes, which agree with the file.

        Raises:
            PassingFaultError: it is no JSON of the expected form.
            SourceError: its rows have other columns than any layout on the reviewed list.
        """
        keys = page.first_keys
        if keys is None:
            self._pages[number] = None
            return PageRows(0)
        layout = self._expected(keys)
        table = self._read(path, layout, page)
        with_nulls = [name for name, column in zip(table.column_names, table.columns, strict=True) if column.null_count]
        if not page.has_just(_columns(layout), table.num_rows, with_nulls):
            self._hold_each(page, layout)
        self._pages[number] = table
        return self._found(table)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table; none where no page had a row."""
        return _columns(self._layout) if self._layout else ()

    @property
    def pages(self) -> int:
        """Pages that have been read."""
        return len(self._pages)

    @property
    def rows(self) -> int:
        """Rows of all pages."""
        return sum(self.rows_of_pages())

    def rows_of_pages(self) -> list[int]:
        """Return the rows of each page, in the order of pages."""
        return [table.num_rows if table else 0 for _, table in sorted(self._pages.items())]

    def finish(self) -> None:
        """Write the table, its rows in the order of publication, to a place where it can be looked into."""
        import pyarrow as pa
        from pyarrow import parquet

        whole = pa.concat_tables(table for _, table in sorted(self._pages.items()) if table is not None)
        try:
            parquet.write_table(whole, self._file, compression="zstd")
        except OSError as error:
            raise unwritable(self._file, error) from error

    def repeated(self) -> tuple[int, str]:
        """Return how many rows stand in the finished table once more than they should, and one of them in words."""
        listed = ", ".join(map(_quoted, self.columns))
        (number,) = self._asked(f"select count(*) - count(distinct hash({listed})) from {self._table}")
        if not number:
            return 0, ""
        twice = f"select {listed}, count(*) as times from {self._table} group by {listed} having times > 1"
        (number,) = self._asked(f"select coalesce(sum(times - 1), 0) from ({twice})")
        example = self._asked(f"{twice} order by all limit 1") if number else ()
        return int(number), ", ".join(str(value) for value in example[:-1])

    def sums(self, columns: Iterable[str]) -> dict[str, int | None]:
        """Return sums of columns of the finished table; None where something is no whole number and no dash."""
        wanted = [column for column in columns if column in self.columns]
        if not wanted:
            return {}
        parts = ", ".join(
            f"case when count(*) filter (try_cast({name} as hugeint) is null and {name} <> '-') = 0 "
            f"then coalesce(sum(try_cast({name} as hugeint)), 0)::varchar end"
            for name in map(_quoted, wanted)
        )
        found = self._asked(f"select {parts} from {self._table}")
        return {column: None if text is None else int(text) for column, text in zip(wanted, found, strict=True)}

    def write(self, path: Path) -> None:
        """Put the finished table where it belongs."""
        with written_whole(path) as temporary:
            os.replace(self._file, temporary)

    def drop(self) -> None:
        """Let go of the rows."""
        self._pages.clear()
        self._file.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self._line.directory / f"{self.dataset}.parquet"

    @property
    def _table(self) -> str:
        return f"read_parquet('{sql_text(self._file)}')"

    def _asked(self, query: str) -> tuple[Any, ...]:
        """Return the first row of the answer to a question about the finished table."""
        with self._line.database.cursor() as cursor:
            row: tuple[Any, ...] = cursor.execute(query).fetchall()[0]
        return row

    # --- one page ---------------------------------------------------------------------------------------------------

    def _expected(self, keys: Sequence[str]) -> Layout:
        layout = layout_of(self.dataset, "api", keys)
        if layout is None:
            raise SourceError(refusal(self.dataset, "api", keys))
        if self._layout not in (None, layout):
            raise SourceError(f"The pages of {self.dataset} come in more than one layout. Fetch again later.")
        self._layout = layout
        return layout

    def _read(self, path: Path, layout: Layout, page: Page) -> pa.Table:
        import duckdb

        columns = _columns(layout)
        form = ", ".join(f"{_quoted(column)} varchar" for column in columns)
        picked = ", ".join(f"item.{_quoted(column)} as {_quoted(column)}" for column in columns)
        rows = _quoted(self._rows_under)
        read = (
            f"read_json('{sql_text(path)}', format = 'unstructured', compression = 'gzip', "
            f"columns = {{{rows}: 'struct({sql_text(form)})[]', {UNUSED}: 'varchar'}}, "
            f"maximum_object_size = {len(page.body) + SPARE})"
        )
        with self._line.readers, self._line.database.cursor() as cursor:
            try:
                return cursor.execute(
                    f"select {picked} from (select unnest({rows}) as item from {read})"
                ).to_arrow_table()
            except duckdb.InvalidInputException:
                if page.rows:  # raises where Python cannot read them either
                    raise PassingFaultError("the rows of the answer could not be read") from None
                raise

    def _found(self, table: pa.Table) -> PageRows:
        years: Mapping[int | None, int] = _years(table) if self._dated else {}
        known = [year for year in years if year is not None]
        return PageRows(
            rows=table.num_rows,
            first_year=min(known, default=None),
            last_year=max(known, default=None),
            unreadable_years=years.get(None, 0),
            nameless=_nameless(table) if self._named else 0,
        )

    def _hold_each(self, page: Page, layout: Layout) -> None:
        """Hold the keys of every row against the layout."""
        for row in page.rows:
            if layout.differences(tuple(row)) != ((), ()):
                raise SourceError(refusal(self.dataset, "api", tuple(row)))


def _years(table: pa.Table) -> dict[int | None, int]:
    """Return how many rows there are of each year; None stands for what is no year."""
    years: dict[int | None, int] = {}
    for text, count in _counted(table["year"]):
        year = int(text) if text is not None and text.strip().isdecimal() else None
        years[year] = years.get(year, 0) + count
    return years


def _nameless(table: pa.Table) -> int:
    """Return how many rows name no origin, or how many name no asylum, whichever are more."""
    return max(count if text == "-" else 0 for name in NAMES for text, count in _counted(table[name]))


def _counted(column: pa.ChunkedArray) -> Iterator[tuple[str | None, int]]:
    """Give the values of a column with their numbers: comparing them with a text of Python's would import pandas."""
    import pyarrow.compute as pc

    for found in pc.value_counts(column).to_pylist():
        yield found["values"], found["counts"]


def _columns(layout: Layout) -> tuple[str, ...]:
    return (*layout.columns, *layout.optional)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
