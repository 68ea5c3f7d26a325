"""The answers of the publisher's interface: rows as JSON, in pages, in their envelope.

Rows are put into JSON once for each question, by DuckDB, and kept; a page is a piece of that text. Nothing is known
here of HTTP, nor of faults beyond the altered tables and questions they bring.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.emulator import reference
from tests.emulator.alterations import Alteration
from tests.emulator.layouts import ASYLUM, DATA, IDENTITY, LAYOUTS, ORIGIN, as_text, count_columns, is_hidden
from tests.emulator.questions import Question, Side
from tests.emulator.world import World, with_numbers

Thing = TypeVar("Thing")

NUMBER = r"-?(0\.[0-9]+|[1-9][0-9]*(\.[0-9]+)?)"
"""Text that is sent as a number: all but zero, which goes out as text."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that answer a question, on whatever pages, each as JSON and a comma."""

    items: pa.Array
    totals: dict[str, int] | None

    def page(self, page: int, limit: int) -> bytes:
        """Return the rows of one page, separated by commas."""
        piece = self.items.slice((page - 1) * limit, limit)
        if not len(piece):
            return b""
        _, offsets, data = piece.buffers()
        ends = np.frombuffer(offsets, np.int64)[piece.offset : piece.offset + len(piece) + 1]
        return memoryview(data)[ends[0] : ends[-1] - 1].tobytes()


@dataclass(frozen=True)
class Envelope:
    """One page as it is sent."""

    page: int
    max_pages: int
    items: bytes
    totals: dict[str, int] | None = None
    short: str | None = None

    def body(self) -> bytes:
        """Return the JSON of the page."""
        head: dict[str, Any] = {"page": self.page}
        if self.short is not None:
            head |= {"short-url": self.short, "maxPages": self.max_pages, "total": self.totals or []}
        else:
            head |= {"maxPages": self.max_pages}
        return json.dumps(head, separators=(",", ":")).encode()[:-1] + b',"items":[' + self.items + b"]}"


class Kept(Generic[Thing]):
    """A store that forgets what was used longest ago."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._content: OrderedDict[Hashable, Thing] = OrderedDict()

    def get(self, key: Hashable) -> Thing | None:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key in self._content:
                self._content.move_to_end(key)
            return self._content.get(key)

    def put(self, key: Hashable, content: Thing) -> None:
        """Keep something, and forget what is too much."""
        with self._lock:
            self._content[key] = content
            self._content.move_to_end(key)
            while len(self._content) > self._size:
                self._content.popitem(last=False)


class Answers:
    """Answers questions to one world, also to one whose tables a fault has altered."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = threading.Lock()
        self._connection = duckdb.connect()
        self._tables: Kept[Prepared] = Kept(24)
        self._rows: Kept[Rows] = Kept(24)
        self._names = 0

    def close(self) -> None:
        """Let go of the tables."""
        with self._lock:
            self._connection.close()

    def envelope(self, question: Question, alterations: tuple[Alteration, ...] = ()) -> Envelope:
        """Return the page that answers a question."""
        rows = self.rows(question, alterations)
        items = rows.page(question.page, question.limit)
        pages = -(-len(rows.items) // question.limit)
        short = None if question.dataset == "footnotes" else _short(question)
        return Envelope(question.page, pages, items, rows.totals, short)

    def rows(self, question: Question, alterations: tuple[Alteration, ...] = ()) -> Rows:
        """Return the rows that answer a question, on all its pages."""
        with self._lock:  # each set of rows is made once, however many ask for it
            return self._found(replace(question, page=1, limit=1), alterations)

    def _found(self, question: Question, alterations: tuple[Alteration, ...]) -> Rows:
        if (rows := self._rows.get((question, alterations))) is None:
            rows = self._make(question, alterations)
            self._rows.put((question, alterations), rows)
        return rows

    def _make(self, question: Question, alterations: tuple[Alteration, ...]) -> Rows:
        table = self._table(question.dataset, alterations)
        every = replace(question, years=None, window=None)
        if every != question and question.dataset in DATA:
            return self._of_years(self._found(every, alterations), question, table)
        found = self._connection.sql(table.select(question)).to_arrow_table().combine_chunks()
        items = found["item"].cast(pa.large_string()).combine_chunks()
        return Rows(_one(items), self._totals(question, table))

    def _of_years(self, whole: Rows, question: Question, table: Prepared) -> Rows:
        """Return the rows of some years out of those of all: cheaper than asking again, and often asked."""
        years = self._connection.sql(table.years(question)).to_arrow_table().combine_chunks()["year"]
        wanted = [year for year in pc.unique(years).to_pylist() if question.includes(year)]
        mask = pc.is_in(years, value_set=pa.array(wanted, years.type))
        return Rows(_one(whole.items.filter(_one(mask.combine_chunks()))), self._totals(question, table))

    def _totals(self, question: Question, table: Prepared) -> dict[str, int] | None:
        if question.dataset not in DATA or not DATA[question.dataset].totals or not table.counts:
            return None
        sums = self._connection.sql(table.sums(question)).fetchall()[0]
        return dict(zip(table.counts, sums[1:], strict=True)) if sums[0] else None

    def _table(self, dataset: str, alterations: tuple[Alteration, ...]) -> Prepared:
        if (prepared := self._tables.get((dataset, alterations))) is None:
            table = self.world.table(dataset)
            for alteration in alterations:
                table = alteration(table)
            if dataset in DATA:
                table = with_numbers(table)
            self._names += 1
            prepared = Prepared(dataset, f"t{self._names}", table)
            numbered = table.append_column("_n", pa.array(np.arange(table.num_rows)))
            self._connection.register("incoming", numbered)
            self._connection.execute(f"create or replace temp table {prepared.name} as from incoming")
            self._connection.unregister("incoming")
            self._tables.put((dataset, alterations), prepared)
        return prepared


class Prepared:
    """A table that is ready to be asked: the SQL of each question to it."""

    def __init__(self, dataset: str, name: str, table: pa.Table) -> None:
        self.dataset = dataset
        self.name = name
        self.layout = LAYOUTS[dataset]
        self.columns = [column for column in table.column_names if not is_hidden(column)]
        self.counts = count_columns(table) if dataset in DATA else []
        self.texts = {column: as_text(table, column) for column in self.counts}
        self.types = {column: table.schema.field(column).type for column in self.columns}

    def select(self, question: Question) -> str:
        """Return the SELECT for the rows of a question as JSON, each with a comma."""
        parts = [
            f"""'{"," if place else "{"}{_literal(json.dumps(column))}:' || {self._cell(column)}"""
            for place, column in enumerate(self._sent(question))
        ]
        by_year = "year, " if self.dataset in DATA and "year" in self.columns else ""
        return f"select {' || '.join(parts)} || '}},' as item from ({self._rows(question)}) order by {by_year}_n"

    def years(self, question: Question) -> str:
        """Return the SELECT for the years of the same rows."""
        return f"select year from ({self._rows(question)}) order by year, _n"

    def sums(self, question: Question) -> str:
        """Return the SELECT for the number of rows and the sum of each column over all years and pages asked for."""
        sums = ", ".join(f"coalesce(sum({self._number(column)}), 0)::bigint" for column in self.counts)
        years = f"year in ({', '.join(map(str, self._asked(question)))})" if self._asked(question) else "false"
        return f"select count(*), {sums} from {self.name} where {self._where(question)} and {years}"

    def _asked(self, question: Question) -> list[int]:
        return [year for year in range(1900, 2200) if question.includes(year)]

    def _sent(self, question: Question) -> list[str]:
        hidden = {detail for detail in self.layout.details if detail not in question.shown}
        return [column for column in self.columns if column not in hidden]

    def _rows(self, question: Question) -> str:
        where = self._where(question)
        whole = question.shown == self.layout.details and not self._summed(question)
        if self.dataset not in DATA or whole:
            return f"select * from {self.name} where {where}"
        by = [column for column in ("year", *question.shown) if column in self.columns]
        by += [side for side in ("coo", "coa") if side in self.columns and side not in self._summed(question)]
        kept = ", ".join(f'"{column}"' for column in by)
        rest = [column for column in self._sent(question) if column not in by]
        made = ", ".join(f'{self._together(column, question)} as "{column}"' for column in rest)
        return f"select {kept}, {made}, min(_n) as _n from {self.name} where {where} group by {kept}"

    def _together(self, column: str, question: Question) -> str:
        """Return what a column becomes when rows are put together: a sum, the common identity, or a dash."""
        if column in IDENTITY:
            return "'-'" if column in self._summed(question) else f'arg_min("{column}", _n)'
        return f"sum({self._number(column)})"

    def _summed(self, question: Question) -> tuple[str, ...]:
        sides = ((question.origin, ORIGIN), (question.asylum, ASYLUM))
        return tuple(column for side, columns in sides for column in columns if side == Side())

    def _where(self, question: Question) -> str:
        if self.dataset in ("countries", "nowcasting"):
            return "true"
        if self.dataset == "footnotes":
            named = [(side, codes.codes) for side, codes in (("coo", question.origin), ("coa", question.asylum))]
            return (
                " and ".join(f"{side}_id in ({_numbers(codes, question.iso)})" for side, codes in named if codes)
                or "true"
            )
        named = [("coo", question.origin.codes), ("coa", question.asylum.codes)]
        wanted = [
            f"{side} in ({_codes(codes, question.iso)})" for side, codes in named if codes and side in self.columns
        ]
        return " and ".join(wanted) or "true"

    def _number(self, column: str) -> str:
        return f'"{column}"' if _is_number(self.types[column]) else f'try_cast("{column}" as double)'

    def _cell(self, column: str) -> str:
        """Return how a value goes out: numbers bare, zero and nothing as text, in the same row."""
        name = f'"{column}"'
        if self.layout.plain:
            sent = f"coalesce(to_json({name})::varchar, 'null')"
            return f"coalesce(try_cast({name} as bigint)::varchar, {sent})" if column.endswith("_id") else sent
        if column == "year":
            return f"{name}::varchar"
        if column not in self.counts:
            return f"""coalesce(to_json({name})::varchar, '""')"""
        text = self.texts[column]
        return f"""case when {name} is null then '"-"'
            when regexp_full_match({text}, '{NUMBER}') then {text} else to_json({text})::varchar end"""


def _one(items: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(items.chunks) if isinstance(items, pa.ChunkedArray) else items


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _codes(given: tuple[str, ...], iso: bool) -> str:
    own = [reference.codes().get(code, "?") for code in given] if iso else given
    return ", ".join(f"'{_literal(code)}'" for code in own)


def _numbers(given: tuple[str, ...], iso: bool) -> str:
    own = [reference.codes().get(code, "?") for code in given] if iso else given
    return ", ".join(str(reference.number_of(code)) for code in own)


def _literal(text: str) -> str:
    return text.replace("'", "''")


def _short(question: Question) -> str:
    return hashlib.blake2b(repr(question).encode(), digest_size=3).hexdigest()
