"""Connections of ours say nothing by themselves: what is read from standard output must be the answer alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from displacement.build.warehouse import Warehouse
from displacement.query.published import FILE_NAME, open_published
from displacement.settings import Settings
from displacement.storage.duck import quiet

PROGRAM = """
import duckdb
from displacement.storage.duck import quiet
connection = duckdb.connect()
connection.execute("set progress_bar_time = 50")
{quiet}
connection.execute("create table t as select sum(a.range % (b.range + 1)) from range(12000) a, range(12000) b")
"""


@pytest.mark.parametrize(("line", "silent"), [("", False), ("quiet(connection)", True)])
def test_a_long_statement_draws_no_bar_into_the_answer(line: str, silent: bool) -> None:
    # On a slow machine a bar stood before the JSON of a build: DuckDB draws one after two seconds, terminal or not.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(quiet=line)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout == "") is silent


def is_quiet(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute("select current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_whoever_runs_long_statements_does_so_quietly(here: Settings, tmp_path: Path) -> None:
    assert is_quiet(quiet(duckdb.connect()))
    warehouse = Warehouse(here, tmp_path / "made.duckdb")
    assert is_quiet(warehouse.connection) and is_quiet(warehouse.cursor())
    with duckdb.connect(str(tmp_path / FILE_NAME)) as connection:
        connection.execute("create table t as select 1 as n")
    with open_published(tmp_path) as connection:
        assert is_quiet(connection)
