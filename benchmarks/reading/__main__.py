"""Ask every question of a build in turn, by macro, by hand and with pandas; print as JSON what each took, in seconds.

All in this one process, because a process would take a hundred times as long as a question: first of the open file, in
turn with the same by hand; then of the open file, from opening it, and with pandas from reading the CSV files, in turn.
Answers are compared before anything is timed.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.reading import in_pandas
from benchmarks.reading.questions import COOKBOOK, MACROS, Question
from displacement.catalogue import load_catalogue
from displacement.query.cookbook import filled, read_recipes
from displacement.settings import Settings

Timed = tuple[float, float]
"""Seconds by the clock, and of all processors."""


def main() -> None:
    """Ask the questions of the build published in `DISPLACEMENT_PUBLIC`; the argument is how often."""
    times = int(sys.argv[1])
    settings = Settings.from_environment()
    file, tables = settings.public / "displacement.duckdb", settings.public / "data"
    recipes = read_recipes(settings.sql)
    found = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        for question in (*MACROS, *COOKBOOK):
            sql = question.ours or filled(recipes[question.name], {})
            found[question.name] = _by_hand(connection, question, sql, times)
            found[question.name] |= _in_pandas(connection, tables, question, sql, max(3, times // 8))
    opened = alternated({"opened": lambda: duckdb.connect(str(file), read_only=True).close()}, times)
    print(json.dumps(found | {"": opened}))


def _by_hand(connection: duckdb.DuckDBPyConnection, question: Question, sql: str, times: int) -> dict[str, Any]:
    if not question.by_hand:
        return {}

    def macro() -> Any:
        return connection.execute(sql).fetchall()

    def by_hand() -> Any:
        return connection.execute(question.by_hand).fetchall()

    same = macro() == by_hand() != []
    return {"same_by_hand": same, **alternated({"macro": macro, "by_hand": by_hand}, times)}


def _in_pandas(
    connection: duckdb.DuckDBPyConnection, tables: Path, question: Question, sql: str, times: int
) -> dict[str, Any]:
    answer = getattr(in_pandas, question.name.replace("-", "_"))

    def read(name: str, columns: list[str]) -> pd.DataFrame:
        return pd.read_csv(tables / load_catalogue().tables[name].csv, usecols=columns, low_memory=False)

    def ours() -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    def theirs() -> Any:
        return answer(read)

    same = plain(ours()) == plain(theirs().itertuples(index=False)) != []
    return {"same_pandas": same, **alternated({"file": ours, "pandas": theirs}, times)}


def alternated(sides: dict[str, Callable[[], Any]], times: int) -> dict[str, list[Timed]]:
    """Run functions in turn; return what each took, run by run."""
    taken: dict[str, list[Timed]] = {name: [] for name in sides}
    gc.disable()
    for _ in range(times):
        for name, side in sides.items():
            clock, processor = time.perf_counter(), time.process_time()
            side()
            taken[name].append((time.perf_counter() - clock, time.process_time() - processor))
        gc.collect()
    return taken


def plain(rows: Sequence[Any] | Any) -> list[tuple[Any, ...]]:
    """Return rows whose values compare whoever made them: absent is None, numbers to nine digits, dates as text."""
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, (date, datetime)):
        return str(value)[:10]
    if isinstance(value, (str, bool)):
        return value
    return f"{float(value):.9g}"


if __name__ == "__main__":
    main()
