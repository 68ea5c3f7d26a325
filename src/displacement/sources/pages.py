"""The pages of a table: what is on each, and the table that they make together.

Values stay as they were published, as text. Whether the rows are the answer to what was asked is checked in the
publisher's module.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.sources.layouts import layout_of, refusal
from displacement.sources.publishers import PassingFaultError, SourceError
from displacement.storage.files import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY = "450MB"
"""What DuckDB may hold while it checks a table; the rows themselves are kept by Arrow."""


class InconsistentError(Exception):
    """Pages of a table do not fit together: it may have changed meanwhile. The message is the end of a sentence."""


# --- one page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a publisher's interface: its rows, and the envelope around them. Numbers are the text that was sent."""

    envelope: Mapping[str, Any]
    rows: Sequence[dict[str, Any]]

    @classmethod
    def read(cls, body: bytes, rows_under: str) -> SourcePage:
        """Return the page that some bytes hold.

        >>> SourcePage.read(b'{"page": 1, "items": [{"year": 2024, "oip": "-"}]}', "items")
        SourcePage(envelope={'page': '1'}, rows=[{'year': '2024', 'oip': '-'}])

        Raises:
            PassingFaultError: it is not JSON of the expected form.
        """
        try:
            document = json.loads(body, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            raise PassingFaultError("the answer was no JSON, or cut short") from None
        if not isinstance(document, dict):
            raise PassingFaultError("the answer was JSON of another form")
        rows = document.pop(rows_under, None)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PassingFaultError(f"the answer had no rows under {rows_under!r}")
        return cls(document, rows)

    def number(self, name: str) -> int:
        """Return a number of the envelope, which may come as text.

        Raises:
            PassingFaultError: it is not there.
        """
        try:
            return int(self.envelope[name])
        except (KeyError, TypeError, ValueError):
            raise PassingFaultError(f"the answer did not give {name!r}") from None

    def wrong_years(self, first: int, last: int) -> str:
        """Return what is wrong with the years of the rows, given those asked for; nothing where they are right."""
        years = Counter(str(row.get("year")).strip() for row in self.rows)
        unreadable = sum(count for year, count in years.items() if not year.isdecimal())
        if unreadable:
            return f"{unreadable:,} rows of a page have no year"
        found = [int(year) for year in years]
        if not found or first <= min(found) <= max(found) <= last:
            return ""
        return f"rows of a page are of {min(found)} to {max(found)}, asked for were {first} to {last}"


def table_of(dataset: str, page: SourcePage) -> pa.Table:
    """Return the rows of a page as a table of text, in the columns of the layout they come in; it may be empty.

    Raises:
        SourceError: a row has other columns than any layout on the reviewed list.
    """
    import pyarrow as pa

    if not page.rows:
        return pa.table({})
    keys = page.rows[0].keys()
    layout = layout_of(dataset, "api", tuple(keys))
    if layout is None:
        raise SourceError(refusal(dataset, "api", tuple(keys)))
    for row in page.rows:
        if row.keys() != keys and layout.differences(tuple(row)) != ((), ()):
            raise SourceError(refusal(dataset, "api", tuple(row)))
    return pa.table(
        {
            column: pa.array([_text(row.get(column)) for row in page.rows], pa.string())
            for column in (*layout.columns, *layout.optional)
        }
    )


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- the table that pages make ----------------------------------------------------------------------------------------


def joined(dataset: str, tables: Iterable[pa.Table]) -> pa.Table:
    """Return the tables of all pages as one.

    Raises:
        SourceError: they have different columns.
    """
    import pyarrow as pa

    filled = [table for table in tables if table.num_rows]
    if len({tuple(table.column_names) for table in filled}) > 1:
        raise SourceError(f"The pages of {dataset} come in more than one layout. Fetch again later.")
    return pa.concat_tables(filled)


def repeated_rows(table: pa.Table) -> str:
    """Return which rows are in a table more than once, as the end of a sentence; nothing where none is."""
    listed = ", ".join(map(_quoted, table.column_names))
    (repeats,) = _first_row(table, f"select count(*) - count(distinct hash({listed})) from fetched")
    if not repeats:
        return ""
    more = f"select {listed}, count(*) as times from fetched group by {listed} having times > 1"
    (repeats,) = _first_row(table, f"select coalesce(sum(times - 1), 0)::bigint from ({more})")
    if not repeats:  # rows with the same hash
        return ""
    example = ", ".join(str(value) for value in _first_row(table, f"{more} order by all limit 1")[:-1])
    return f"{repeats:,} of its {table.num_rows:,} rows are in it twice (such as {example})"


def differing_sum(table: pa.Table, totals: Iterable[Any]) -> str:
    """Return which sum that envelopes state of a whole table is not that of its rows; nothing where all are.

    Args:
        table: the rows of all pages.
        totals: what the envelope of each page states: sums by column, or anything else where it states none.
    """
    stated = [total for total in totals if isinstance(total, dict)]
    if not stated:
        return ""
    if any(total != stated[0] for total in stated):
        return "its pages state different sums"
    for column, total in stated[0].items():
        if column in table.column_names:
            name = _quoted(column)
            (unreadable, found) = _first_row(
                table,
                f"select count(*) filter (try_cast({name} as hugeint) is null and {name} <> '-'), "
                f"coalesce(sum(try_cast({name} as hugeint)), 0)::varchar from fetched",
            )
            if not unreadable and str(total) != found:
                return f"it states {total} as the sum of {column}, and the sum of its rows is {found}"
    return ""


def write_rows(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet, whole."""
    from pyarrow import parquet

    with written_whole(path) as temporary:
        parquet.write_table(table, temporary, compression="zstd")


def _first_row(table: pa.Table, query: str) -> tuple[Any, ...]:
    """Return the first row of the answer to a question about `fetched`."""
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as database:
        database.execute("pragma disable_progress_bar")
        database.register("fetched", table)
        row: tuple[Any, ...] = database.execute(query).fetchall()[0]
    return row


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
