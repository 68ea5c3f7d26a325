"""An answer as text: a table for people; CSV, JSON or Markdown for what comes next."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.errors import WrongUseError
from displacement.storage.duck import column_names, first_line
from displacement.storage.files import write_text, written_whole
from displacement.storage.spreadsheets import safe_cell

if TYPE_CHECKING:
    import duckdb

FORMATS = ("table", "csv", "json", "markdown")
FILES = {".csv": "csv", ".json": "json", ".md": "markdown", ".txt": "table", ".xlsx": "xlsx", ".parquet": "parquet"}
"""The format of a file by how its name ends."""

TABLE_ROWS = 200
"""Rows a table on the terminal shows; the other formats give all."""

MOST_ROWS = 2_000_000
"""Rows an answer may have: the largest table has a third of them, and Python holds them all while it writes them."""

UNLIMITED = 10_000
"""Columns of text where there is no terminal to fit."""


def in_format(result: duckdb.DuckDBPyConnection, form: str) -> str:
    """Return an open result as text in one of `FORMATS`.

    Raises:
        WrongUseError: there is no such format, the answer is too long, or the SQL fails while its rows are read.
    """
    import duckdb

    if form not in FORMATS:
        raise WrongUseError(f"There is no format {form}. Formats: {', '.join(FORMATS)}.")
    names = column_names(result)
    types = [str(column[1]) for column in result.description or []]
    try:
        found = result.fetchmany((TABLE_ROWS if form == "table" else MOST_ROWS) + 1)
    except duckdb.Error as error:
        raise WrongUseError(first_line(error)) from error
    if len(found) > MOST_ROWS:
        raise WrongUseError(f"The answer has more than {MOST_ROWS:,} rows. Ask for fewer, or read the files of data/.")
    if form == "json":
        names = told_apart(names)
        return as_json([dict(zip(names, row, strict=True)) for row in found])
    if form == "csv":
        return _csv(names, found)
    if form == "markdown":
        return _markdown(names, found)
    shown = found[:TABLE_ROWS]
    grouped = counts(names, types, shown)
    texts = [[_text(value, group) for value, group in zip(row, grouped, strict=True)] for row in shown]
    numeric = [
        any(row[place] is not None for row in shown)
        and all(row[place] is None or isinstance(row[place], int | float) for row in shown)
        for place in range(len(names))
    ]
    rest = f"… the first {TABLE_ROWS} rows; --format csv gives all of them" if len(found) > TABLE_ROWS else ""
    return "\n".join([drawn(names, texts, numeric), *filter(None, [rest or ("" if shown else "(no rows)")])])


def counts(names: Sequence[str], types: Sequence[str], found: Sequence[Sequence[Any]]) -> list[bool]:
    """Return which columns hold counts, to be printed as 28,461,306: large whole numbers that are no years.

    >>> counts(["year", "people"], ["BIGINT", "BIGINT"], [(2022, 1900)])
    [False, True]
    """
    return [
        kind in ("BIGINT", "HUGEINT")
        and not ("year" in name.lower() and all(row[place] is None or 1900 <= row[place] <= 2100 for row in found))
        for place, (name, kind) in enumerate(zip(names, types, strict=True))
    ]


def write_answer(result: duckdb.DuckDBPyConnection, form: str, path: Path, question: str) -> None:
    """Write an open result to a file, whole: in one of `FORMATS`, or as xlsx or parquet.

    Raises:
        WrongUseError: there is no such format, the answer is too long, or the SQL fails while its rows are read.
        DisplacementError: the file cannot be written.
    """
    if form == "parquet":
        from pyarrow import parquet

        with written_whole(path) as temporary:
            parquet.write_table(result.to_arrow_table(), temporary)
    elif form == "xlsx":
        from displacement.query.workbook import answer_workbook

        columns = told_apart(column_names(result))
        answer_workbook(path, question, columns, result.fetchmany(MOST_ROWS))
    else:
        write_text(path, in_format(result, form) + "\n")


def as_json(value: object) -> str:
    """Return a value as JSON: dates in ISO form, decimals as numbers, null for what is not a number."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=1, default=str)


def drawn(
    names: Sequence[str],
    texts: Sequence[Sequence[str]],
    right: Sequence[bool] = (),
    padding: tuple[int, int, int, int] = (0, 2, 0, 0),
) -> str:
    """Return rows as a table that fits the terminal; without names of columns it has no head.

    Args:
        names: the names of the columns, or nothing.
        texts: the cells, row by row.
        right: which columns are set to the right.
        padding: the space around a cell.
    """
    from rich import box
    from rich.table import Table

    sides = right or [False] * len(texts[0] if texts else names)
    table = Table(
        box=box.SIMPLE_HEAD if names else None,
        show_header=bool(names),
        show_edge=False,
        pad_edge=False,
        padding=padding,
        collapse_padding=True,
    )
    for place, is_right in enumerate(sides):
        table.add_column(
            names[place] if names else "", justify="right" if is_right else "left", overflow="fold", header_style=""
        )
    for row in texts:
        table.add_row(*row)
    return rendered(table)


def printed_day(day: date) -> str:
    """Return a day as in print.

    >>> printed_day(date(2025, 12, 31))
    '31 December 2025'
    """
    return f"{day.day} {day:%B %Y}"


def rendered(what: object, width: int | None = None) -> str:
    """Return something of rich's as plain text, as wide as the terminal unless a width is given."""
    from rich.console import Console

    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() else UNLIMITED
    console = Console(
        file=io.StringIO(), width=width or terminal, color_system=None, markup=False, emoji=False, highlight=False
    )
    with console.capture() as captured:
        console.print(what)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which no two are equal: the second `a` is `a_1`."""
    apart: list[str] = []
    for name in names:
        candidates = (name, *(f"{name}_{number}" for number in range(1, len(names) + 1)))
        apart.append(next(candidate for candidate in candidates if candidate not in apart))
    return apart


class _Lines(list[str]):
    """The lines a CSV writer writes, without their ends."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n"))


def _csv(names: Sequence[str], found: Sequence[Sequence[Any]]) -> str:
    lines = _Lines()
    safe = ([safe_cell(value) for value in row] for row in [names, *found])
    csv.writer(lines, lineterminator="\r\n").writerows(safe)  # quotes either kind of line end in a text
    return "\n".join(lines)


def _markdown(names: Sequence[str], found: Sequence[Sequence[Any]]) -> str:
    def line(values: Sequence[Any]) -> str:
        return "| " + " | ".join(_text(value).replace("|", "\\|").replace("\n", " ") for value in values) + " |"

    return "\n".join([line(names), "|" + " --- |" * len(names), *(line(row) for row in found)])


def _text(value: object, grouped: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if grouped else str(value)
