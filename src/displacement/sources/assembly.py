"""Putting a table together from its pages: each is read once, by DuckDB, from the file that is kept.

Values stay as they were published, as text. Whether the table is the answer to what was asked is for the publisher's
module to say; here it is found out what the rows are.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from displacement.files import unwritable, written_whole
from displacement.intake.layouts import Layout, layout_of, refusal
from displacement.ledger import sql_text
from displacement.sources.envelopes import Page
from displacement.sources.questions import PassingFaultError, SourceError

if TYPE_CHECKING:
    import duckdb

MEMORY = "450MB"
"""What DuckDB may hold at a time; tables in the making are on disk, a piece for each page."""

AT_ONCE = 2
"""Statements at work side by side. Each reserves memory for a whole document: eight at a time, with long numbers in
them, once took more than there is."""

UNUSED = "_"
"""A column beside the rows that is not used: where there is only one, DuckDB 1.5 takes three times as long."""

SPARE = 4096
"""Bytes that DuckDB is given beyond those of a page: it reserves twice what it may need for one document."""


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
        config = {
            "memory_limit": MEMORY,
            "threads": "1",
            "temp_directory": str(directory),
        }  # pages are read side by side
        with duckdb.connect(config=dict[str, Any](config)) as database:
            yield AssemblyLine(database, directory, BoundedSemaphore(AT_ONCE))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class AssemblyLine:
    """A database that reads pages, a directory for what it makes of each, and how many are read side by side."""

    database: duckdb.DuckDBPyConnection
    directory: Path
    turns: BoundedSemaphore

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection of its own to the database, when it is its turn."""
        with self.turns, self.database.cursor() as cursor:
            yield cursor


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
        self._pages: dict[int, int] = {}

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
        import duckdb

        keys = page.first_keys
        if keys is None:
            self._pages[number] = 0
            return PageRows(0)
        layout = self._expected(keys)
        with self._line.cursor() as cursor:
            try:
                read = self._select(path, layout, len(page.body))
                cursor.execute(f"copy ({read}) to '{sql_text(self._piece(number))}' (format parquet)")
            except duckdb.InvalidInputException:
                if page.rows:  # raises where Python cannot read them either
                    raise PassingFaultError("the rows of the answer could not be read") from None
            found, with_nulls = self._found(cursor, number, layout)
        if not page.has_just(_columns(layout), found.rows, with_nulls):
            self._hold_each(page, layout)
        self._pages[number] = found.rows
        return found

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
        return sum(self._pages.values())

    def rows_of_pages(self) -> list[int]:
        """Return the rows of each page, in the order of pages."""
        return [self._pages[number] for number in sorted(self._pages)]

    def repeated(self) -> tuple[int, str]:
        """Return how many rows stand in the table once more than they should, and one of them in words."""
        with self._line.cursor() as cursor:
            listed = ", ".join(map(_quoted, self.columns))
            query = f"select count(*) - count(distinct hash({listed})) from ({self._all()})"
            if not cursor.execute(query).fetchall()[0][0]:
                return 0, ""
            twice = f"select {listed}, count(*) as times from ({self._all()}) group by {listed} having times > 1"
            number = cursor.execute(f"select coalesce(sum(times - 1), 0) from ({twice})").fetchall()[0][0]
            example = cursor.execute(f"{twice} order by all limit 1").fetchall()
        return int(number), ", ".join(str(value) for value in example[0][:-1]) if example else ""

    def sums(self, columns: Iterable[str]) -> dict[str, int | None]:
        """Return the sum of each column; None where something in it is neither a whole number nor a dash."""
        wanted = [column for column in columns if column in self.columns]
        if not wanted:
            return {}
        parts = ", ".join(
            f"case when count(*) filter (try_cast({name} as hugeint) is null and {name} <> '-') = 0 "
            f"then coalesce(sum(try_cast({name} as hugeint)), 0)::varchar end"
            for name in map(_quoted, wanted)
        )
        with self._line.cursor() as cursor:
            found = cursor.execute(f"select {parts} from ({self._all()})").fetchall()[0]
        return {column: None if text is None else int(text) for column, text in zip(wanted, found, strict=True)}

    def write(self, path: Path) -> None:
        """Write the table as Parquet, whole, its rows in the order in which they were published."""
        with written_whole(path) as temporary, self._line.cursor() as cursor:
            target = f"'{sql_text(temporary)}' (format parquet, compression zstd)"
            cursor.execute(f"copy ({self._all()}) to {target}")

    def drop(self) -> None:
        """Let go of the rows."""
        for number in self._pages:
            self._piece(number).unlink(missing_ok=True)
        self._pages.clear()

    # --- one page ---------------------------------------------------------------------------------------------------

    def _expected(self, keys: Sequence[str]) -> Layout:
        layout = layout_of(self.dataset, "api", keys)
        if layout is None:
            raise SourceError(refusal(self.dataset, "api", keys))
        if self._layout not in (None, layout):
            raise SourceError(f"The pages of {self.dataset} come in more than one layout. Fetch again later.")
        self._layout = layout
        return layout

    def _select(self, path: Path, layout: Layout, size: int) -> str:
        columns = _columns(layout)
        form = ", ".join(f"{_quoted(column)} varchar" for column in columns)
        picked = ", ".join(f"item.{_quoted(column)} as {_quoted(column)}" for column in columns)
        read = (
            f"read_json('{sql_text(path)}', format = 'unstructured', compression = 'gzip', "
            f"columns = {{{_quoted(self._rows_under)}: 'struct({sql_text(form)})[]', {UNUSED}: 'varchar'}}, "
            f"maximum_object_size = {size + SPARE})"
        )
        return f"select {picked} from (select unnest({_quoted(self._rows_under)}) as item from {read})"

    def _found(self, cursor: duckdb.DuckDBPyConnection, number: int, layout: Layout) -> tuple[PageRows, list[str]]:
        columns = _columns(layout)
        filled = ", ".join(f"count({_quoted(column)})" for column in columns)
        year = 'try_cast("year" as integer)'
        dates = f"min({year}), max({year}), count(*) filter ({year} is null)" if self._dated else "null, null, 0"
        nameless = "count(*) filter ('-' in (coo, coo_id, coa, coa_id))" if self._named else "0"
        (row,) = cursor.execute(
            f"select count(*), {dates}, {nameless}, {filled} from read_parquet('{sql_text(self._piece(number))}')"
        ).fetchall()
        with_nulls = [column for column, count in zip(columns, row[5:], strict=True) if count < row[0]]
        return PageRows(*row[:5]), with_nulls

    def _hold_each(self, page: Page, layout: Layout) -> None:
        """Hold the keys of every row against the layout."""
        for row in page.rows:
            if layout.differences(tuple(row)) != ((), ()):
                raise SourceError(refusal(self.dataset, "api", tuple(row)))

    # --- SQL --------------------------------------------------------------------------------------------------------

    def _piece(self, number: int) -> Path:
        return self._line.directory / f"{self.dataset}-{number}.parquet"

    def _all(self) -> str:
        listed = ", ".join(map(_quoted, self.columns))
        pieces = ", ".join(
            f"'{sql_text(self._piece(number))}'" for number in sorted(self._pages) if self._pages[number]
        )
        return f"select {listed} from read_parquet([{pieces}])"


def _columns(layout: Layout) -> tuple[str, ...]:
    return (*layout.columns, *layout.optional)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
