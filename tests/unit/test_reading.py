"""Reading the published file: read-only, nothing else in reach, answers in plain forms, errors on one line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from displacement.build import downloads
from displacement.catalogue import Catalogue, Column, Table
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import formats
from displacement.query.formats import TABLE_ROWS, in_format
from displacement.query.published import FILE_NAME, LIMITS, open_published
from displacement.query.published import asked as asked_of
from displacement.storage.duck import rows
from displacement.storage.spreadsheets import safe_cell, safe_sql


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a file as small as can be, and a text beside it that no query may reach."""
    directory = tmp_path_factory.mktemp("public")
    with duckdb.connect(str(directory / FILE_NAME)) as connection:
        connection.execute("create table figures as select 7 as n, date '2025-12-31' as day, 'Türkiye' as name")
        connection.execute("create table releases as select date '2023-06-14' as release")
    (directory / "secret.csv").write_text("key\nsecret\n")
    return directory


def asked(public: Path, sql: str, form: str = "csv") -> str:
    with open_published(public) as connection, asked_of(connection, sql) as result:
        return in_format(result, form)


def refused(public: Path, sql: str) -> str:
    with pytest.raises(WrongUseError) as error:
        asked(public, sql)
    said = str(error.value)
    assert "\n" not in said
    assert said
    return said


# --- nothing but reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "insert into figures values (8, '2025-12-31', 'x')",
        "delete from figures",
        "drop table figures",
        "create table other as select 1",
        "update figures set n = 8",
        "alter table figures add column m int",
        "create or replace macro known_release(x) as 1",
        "create temp table filled as select * from range(1000000)",
        "prepare later as select 1",
        "call enable_logging()",
        "checkpoint",
    ],
)
def test_nothing_can_be_written(public: Path, sql: str) -> None:
    before = (public / FILE_NAME).read_bytes()
    assert "read-only" in refused(public, sql)
    assert (public / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('{there}/secret.csv')",
        "from '{there}/secret.csv'",
        "from read_text('{there}/*')",
        "from read_blob('/etc/passwd')",
        "from glob('{there}/*')",
        "copy figures to '{there}/copied.csv'",
        "copy (select 1) to '/dev/stderr'",
        "copy (select 1) to '{there}/displacement.duckdb'",
        "copy (select 1) to '{there}/displacement.duckdb.tmp/evil.html'",
        "copy (select 1) to '{there}/displacement.duckdb.wal'",
        "explain analyze copy (select 1) to '{there}/displacement.duckdb.wal'",
        "/* */ explain analyze copy (select 1) to '{there}/displacement.duckdb.wal'",
        "copy (select 1) to '{spill}/evil.html'",
        "select 1; copy (select 1) to '{there}/displacement.duckdb.wal'",
        "attach '{there}/other.duckdb'",
        "export database '{there}/all'",
        "from read_parquet('https://example.org/x.parquet')",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['{there}']",
        "reset enable_external_access",
        "pragma enable_logging",
        "set memory_limit = '100GB'",
        "set threads = 64",
        "set temp_directory = '{there}'",
    ],
)
def test_no_file_no_network_and_no_setting_is_in_reach(public: Path, sql: str) -> None:
    """DuckDB lets SQL write where it spills and to the file's own log: both were within the published site."""
    said = refused(public, sql.format(there=public, spill=LIMITS["temp_directory"]))
    assert "secret\n" not in said
    assert sorted(path.name for path in public.iterdir()) == [FILE_NAME, "secret.csv"]


@pytest.mark.parametrize(
    "sql",
    [
        "explain select 1",
        "explain analyze from figures",
        "describe figures",
        "show tables",
        "pivot figures on name",
        "select 1;",
    ],
)
def test_whatever_only_reads_is_answered(public: Path, sql: str) -> None:
    assert asked(public, sql)


def test_two_statements_are_refused_not_half_answered(public: Path) -> None:
    """`select 1; select 2` was once answered with the second alone."""
    assert refused(public, "select 1; select 2") == "These are 2 statements. Ask one question at a time."


def test_a_question_without_end_is_stopped(public: Path) -> None:
    endless = "select count(*) from range(100000000) a, range(100000000) b where a.range % 7 = b.range % 11"
    with (
        open_published(public) as connection,
        pytest.raises(DisplacementError, match=r"took longer than 0\.2 s and was stopped.*--timeout"),
        asked_of(connection, endless, timeout=0.2),
    ):
        pass


def test_a_question_has_a_gigabyte_and_spills_outside_the_build(public: Path) -> None:
    held = asked(public, "select current_setting('memory_limit') as m, current_setting('temp_directory') as t", "json")
    [found] = json.loads(held)
    assert found["m"] in ("953.6 MiB", "1.0 GB")
    assert not Path(found["t"]).is_relative_to(public)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("selec 1", "syntax error"),
        ("select * from nothing", "nothing"),
        ("select missing from figures", "missing"),
        ("select 'x'::int", "x"),
        ("", "no statement"),
        ("-- only a comment", "no statement"),
    ],
)
def test_an_error_in_sql_is_one_line_that_says_what_is_wrong(public: Path, sql: str, names: str) -> None:
    said = refused(public, sql)
    assert names in said
    assert "LINE 1" not in said


def test_an_error_met_while_rows_are_read_is_one_line_too(public: Path) -> None:
    assert "late99999" in refused(public, "select error('late' || i) from range(100000) as t(i) where i = 99999")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DisplacementError, match=r"There is no build at .*displacement\.duckdb\. Run `displacement bu"):
        open_published(tmp_path / "public")


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1000)
    with pytest.raises(DisplacementError, match="cannot be opened") as error:
        open_published(tmp_path)
    assert "\n" not in str(error.value)


# --- forms ------------------------------------------------------------------------------------------------------------


def test_an_answer_as_csv_has_a_header_iso_dates_and_nothing_for_what_is_absent(public: Path) -> None:
    assert asked(public, "select day, name, null as gap, n from figures") == "day,name,gap,n\n2025-12-31,Türkiye,,7"


def test_an_answer_as_json_is_a_list_of_rows(public: Path) -> None:
    found = json.loads(asked(public, "select day, name, null as gap, 0.5::double as share, n from figures", "json"))
    assert found == [{"day": "2025-12-31", "name": "Türkiye", "gap": None, "share": 0.5, "n": 7}]


def test_numbers_are_numbers_in_json(public: Path) -> None:
    found = json.loads(asked(public, "select sum(n) as total, 108.4::decimal(5, 1) as millions from figures", "json"))
    assert found == [{"total": 7, "millions": 108.4}]


def test_json_is_valid_where_a_number_is_none(public: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    text = asked(public, "select 'nan'::double as a, 'infinity'::double as b", "json")
    assert json.loads(text, parse_constant=refuse) == [{"a": None, "b": None}]


def test_two_columns_of_one_name_are_both_in_the_json(public: Path) -> None:
    (found,) = json.loads(asked(public, "select 1 as a, 2 as a", "json"))
    assert sorted(found.values()) == [1, 2]


def test_an_answer_as_markdown_is_a_table_whatever_the_text_holds(public: Path) -> None:
    text = asked(public, "select 'a|b' as x, 'c' || chr(10) || 'd' as y, null as z", "markdown")
    assert text.splitlines() == ["| x | y | z |", "| --- | --- | --- |", "| a\\|b | c d |  |"]


def test_a_table_groups_counts_and_leaves_years_as_they_are(public: Path) -> None:
    lines = asked(public, "select 28461306::bigint as refugees, 2025::smallint as year, 'x' as t", "table").splitlines()
    assert lines[0].split() == ["refugees", "year", "t"]
    assert lines[2].split() == ["28,461,306", "2025", "x"]


def test_years_print_without_thousands_separators(public: Path) -> None:
    """`year(reference_date)` is a BIGINT in DuckDB, and printed as 2,022."""
    lines = asked(public, "select year(day) as year, 2025::bigint as people from figures", "table").splitlines()
    assert lines[2].split() == ["2025", "2,025"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_a_cell_a_spreadsheet_would_run_is_made_harmless(public: Path, cell: str) -> None:
    """A claim whose text began with = was live in a spreadsheet."""
    assert safe_cell(cell) == f"'{cell}"
    quoted = "'" + cell + "'"
    ((_,), (read,)) = csv.reader(io.StringIO(asked(public, f"select {quoted} as a"), newline=""))
    assert read == f"'{cell}"
    assert duckdb.execute(f"select {safe_sql(quoted)}").fetchall() == [(f"'{cell}",)]
    assert asked(public, "select -5 as a").splitlines()[1] == "-5"


def test_a_download_runs_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table country_aliases as select '=1+1' as alias, 'en' as language, 'TCD' as country")
        file: Any = SimpleNamespace(catalogue=_ALIASES, is_view=lambda _: False, cursor=connection.cursor)
        downloads.write(file, ["country_aliases"], tmp_path)
    assert (tmp_path / "country_aliases.csv").read_text() == "alias,language,country\n'=1+1,en,TCD\n"
    assert duckdb.execute(f"select alias from '{tmp_path}/country_aliases.parquet'").fetchall() == [("=1+1",)]


_COLUMNS = tuple(Column(name, "varchar", "") for name in ("alias", "language", "country"))
_ALIASES = Catalogue({"country_aliases": Table("country_aliases", "", "", (), (), _COLUMNS)})


def test_an_answer_that_would_fill_the_memory_is_refused(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MOST_ROWS", 3)
    assert asked(public, "from range(3)").count("\n") == 3
    assert refused(public, "from range(4)").startswith("The answer has more than 3 rows. Ask for fewer")


def test_a_long_answer_is_cut_in_a_table_only_and_says_so(public: Path) -> None:
    sql = f"select i from range({TABLE_ROWS + 1}) as t(i)"
    assert (
        asked(public, sql, "table").splitlines()[-1] == f"… the first {TABLE_ROWS} rows; --format csv gives all of them"
    )
    assert len(asked(public, sql, "csv").splitlines()) == TABLE_ROWS + 2
    exactly = asked(public, f"select i from range({TABLE_ROWS}) as t(i)", "table")
    assert "first" not in exactly


@pytest.mark.parametrize(
    ("form", "last"), [("table", "(no rows)"), ("csv", "n"), ("json", "[]"), ("markdown", "| --- |")]
)
def test_an_answer_without_rows_still_has_its_form(public: Path, form: str, last: str) -> None:
    assert asked(public, "select n from figures where false", form).splitlines()[-1] == last


def test_an_unknown_format_lists_those_there_are(public: Path) -> None:
    with pytest.raises(WrongUseError, match=r"There is no format xml\. Formats: table, csv, json, markdown"):
        asked(public, "select 1", "xml")


def test_a_single_absent_value_is_a_row_of_csv(public: Path) -> None:
    assert list(csv.reader(io.StringIO(asked(public, "select null as gap")))) == [["gap"], [""]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4))
def test_any_text_survives_csv_and_json(public: Path, pairs: list[tuple[str, str]]) -> None:
    clean = [(a.replace("\0", ""), b.replace("\0", "")) for a, b in pairs]
    clean = [(a, b) for a, b in clean if _encodable(a + b)]
    values = ", ".join("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in pair) + ")" for pair in clean)
    sql = f"select * from (values ('start', 'start'){', ' if clean else ''}{values}, ('end', 'end')) as t(a, b)"
    expected = [("start", "start"), *clean, ("end", "end")]
    in_cells = [tuple(map(safe_cell, pair)) for pair in expected]
    read = list(csv.reader(io.StringIO(asked(public, sql, "csv"), newline="")))
    assert [tuple(row) for row in read[1:]] == in_cells
    assert [(row["a"], row["b"]) for row in json.loads(asked(public, sql, "json"))] == expected


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_rows_come_by_column_name(public: Path) -> None:
    with open_published(public) as connection:
        assert rows(connection, "select n, name from figures") == [{"n": 7, "name": "Türkiye"}]


def test_a_query_imports_no_heavy_library(public: Path) -> None:
    # DuckDB 1.5 imports pandas (1.4 s) at the first bound parameter; the command line must answer at once.
    program = """
import sys
from pathlib import Path
from displacement.cli import app
sys.argv = ["displacement", "query", "select n, day, name from figures", "--format", sys.argv[1]]
try:
    app.main()
except SystemExit as end:
    assert not end.code, end.code
heavy = ("pandas", "numpy", "pyarrow", "dagster", "great_expectations", "plotly", "sqlglot", "pipelines", "requests")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    for form in ("table", "json"):
        done = subprocess.run(
            [sys.executable, "-c", program, form],
            env={"DISPLACEMENT_PUBLIC": str(public), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr.strip() == "[]"
        assert "Türkiye" in done.stdout
