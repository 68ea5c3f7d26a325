"""Results of rules and checks: examples, quarantine, storage, SQL checks and the report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from displacement import quality
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError
from displacement.quality import frames, results
from displacement.quality.in_great_expectations import validate
from displacement.quality.quarantine import quarantine
from displacement.quality.report import report_page, summary
from displacement.quality.results import Result
from displacement.quality.rules import Rule, Suite
from displacement.quality.validation import Validation, added_up
from displacement.settings import Settings

RESULT = Result("corridors", "known_origin", "expectation", "Every origin is known.", "error", True, 310, 0)
FAILED = replace(RESULT, passed=False, rows_failed=2, examples=("origin <b>GFR</b>", "origin XYZ"))
WARNED = replace(RESULT, rule="odd", severity="warning", passed=False, rows_failed=1, kind="sql check")
TABLES = load_catalogue().tables
POSITIVE = Suite("things", (Rule("things", "positive", "Every n is above zero.", "between", ("n",), minimum=1),))


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", public=tmp_path / "public", sql=tmp_path / "sql")


def rows(query: str) -> frames.Frame:
    return frames.frame_of(duckdb.connect(), query)


def settled(query: str, here: Settings) -> Validation:
    validation = validate(POSITIVE, rows(query))
    quarantine(validation, here.quarantine)
    return validation


# --- validation -----------------------------------------------------------------------------------------------------


def test_a_failure_says_how_many_rows_of_how_many_and_which() -> None:
    validation = validate(POSITIVE, rows("select i - 2 as n, 'x' as code, null::int as gap from range(10) as t (i)"))
    (result,) = validation.results
    assert (result.passed, result.rows_checked, result.rows_failed) == (False, 10, 3)
    assert result.examples == ("n -2, code x", "n -1, code x", "n 0, code x")
    assert not validation.passed
    assert len(validation.failing["positive"]) == 3


def test_examples_are_few_and_failing_rows_are_all_there() -> None:
    validation = validate(POSITIVE, rows("select -i as n from range(1, 1000) as t (i)"))
    assert len(validation.results[0].examples) == 5
    assert len(validation.failing["positive"]) == 999


def test_rows_are_numbered_anew_so_that_the_failing_ones_are_found() -> None:
    frame = rows("select i as n from range(10) as t (i)")
    validation = validate(POSITIVE, frame.iloc[::-1])
    assert validation.results[0].examples == ("n 0",)


def test_a_table_without_rows_breaks_no_rule_about_rows() -> None:
    assert validate(POSITIVE, rows("select 1 as n where false")).passed


def test_absent_values_are_passed_over() -> None:
    assert validate(POSITIVE, rows("select null::bigint as n")).passed


def test_a_rule_that_does_not_fit_its_column_is_a_defect_not_a_failure() -> None:
    with pytest.raises(RuntimeError, match="positive could not be evaluated"):
        validate(POSITIVE, rows("select 'text' as n"))


def test_results_of_parts_add_up() -> None:
    query = "select i % 7 as n from range({}, {}) as t (i)"
    whole = validate(POSITIVE, rows(query.format(0, 100)))
    parts = added_up([validate(POSITIVE, rows(query.format(a, a + 50))) for a in (0, 50)])
    assert parts.results == whole.results
    assert len(parts.failing["positive"]) == len(whole.failing["positive"])


# --- frames ---------------------------------------------------------------------------------------------------------


def test_text_comes_as_categories_and_days_as_points_in_time() -> None:
    frame = rows("select 'AFG' as code, date '2024-12-31' as day, null::date as none from range(200_000)")
    assert [str(frame.dtypes[name]) for name in ("code", "day")] == ["category", "datetime64[ms]"]
    assert len(frame) == 200_000


def test_evidence_stands_in_for_the_table_where_it_is_written(here: Settings) -> None:
    connection = duckdb.connect()
    connection.execute("create table things as select 1 as n")
    assert connection.sql(frames.evidence_query("things", ["n"], here.sql)).columns == ["n"]
    (here.sql / "evidence").mkdir(parents=True)
    (here.sql / "evidence" / "things.sql").write_text("select n, n + 1 as more from things", encoding="utf-8")
    assert connection.sql(frames.evidence_query("things", ["n"], here.sql)).columns == ["n", "more"]


# --- quarantine and storage -----------------------------------------------------------------------------------------


def test_failing_rows_are_kept_under_the_name_of_the_rule_until_it_holds_again(here: Settings) -> None:
    settled("select unnest([0, 5]) as n, 'a,\"b' as code", here)
    path = here.quarantine / "things.positive.csv"
    assert path.read_text(encoding="utf-8") == 'n,code\n0,"a,""b"\n'
    settled("select 5 as n", here)
    assert not path.exists()


def test_quarantine_of_another_table_is_left_alone(here: Settings) -> None:
    here.quarantine.mkdir(parents=True)
    other = here.quarantine / "things_more.positive.csv"
    other.write_text("n\n0\n", encoding="utf-8")
    settled("select 5 as n", here)
    assert other.exists()


def test_results_come_back_as_they_were_stored(here: Settings) -> None:
    results.store_results("corridors", [FAILED, RESULT], here.quality)
    results.store_results("rankings", [replace(RESULT, table_name="rankings")], here.quality)
    assert quality.read_results(here.quality) == [FAILED, RESULT, replace(RESULT, table_name="rankings")]
    assert quality.read_results(here.quality, ["rankings"]) == [replace(RESULT, table_name="rankings")]


def test_new_results_replace_those_before(here: Settings) -> None:
    results.store_results("corridors", [FAILED], here.quality)
    results.store_results("corridors", [RESULT], here.quality)
    assert quality.read_results(here.quality) == [RESULT]


def test_a_build_in_which_something_was_not_checked_is_named(here: Settings) -> None:
    checked = [quality.LEDGER, quality.SQL_CHECKS, *(name for name, one in TABLES.items() if not one.checked_by)]
    for name in checked:
        results.store_results(name, [RESULT], here.quality)
    quality.require_complete(here)
    (here.quality / "corridors.json").unlink()
    with pytest.raises(DisplacementError, match="corridors were not checked in this build"):
        quality.require_complete(here)
    quality.forget_results(here.quality)
    assert quality.newest_results(here) == []


def test_damaged_results_are_named(here: Settings) -> None:
    here.quality.mkdir(parents=True)
    (here.quality / "corridors.json").write_text('[{"table_name": "x"}]', encoding="utf-8")
    with pytest.raises(DisplacementError, match=r"corridors\.json does not hold quality results"):
        quality.read_results(here.quality)


def test_only_errors_stop_a_build() -> None:
    assert quality.stopping([RESULT, FAILED, WARNED]) == [FAILED]


def test_a_failure_reads_as_a_sentence() -> None:
    assert quality.in_one_sentence(FAILED) == (
        "corridors: known_origin failed for 2 of 310 rows. Every origin is known."
    )


# --- SQL checks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def things() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table things as from range(5) as t (n); create table others as select 1 as m")
    return connection


def write_check(here: Settings, name: str, text: str) -> None:
    (here.sql / "checks").mkdir(parents=True, exist_ok=True)
    (here.sql / "checks" / f"{name}.sql").write_text(text, encoding="utf-8")


def test_returned_rows_are_failures(here: Settings, things: duckdb.DuckDBPyConnection) -> None:
    write_check(
        here, "none_above_two", "-- No thing is above two.\n-- Two is the limit.\nselect n from things where n > 2"
    )
    (result,) = quality.check_sql(things, here)
    assert result == Result(
        table_name="things",
        rule="none_above_two",
        kind="sql check",
        description="No thing is above two. Two is the limit.",
        severity="error",
        passed=False,
        rows_checked=5,
        rows_failed=2,
        examples=("n 3", "n 4"),
    )
    assert (here.quarantine / "things.none_above_two.csv").read_text(encoding="utf-8").split() == ["n", "3", "4"]
    assert quality.read_results(here.quality, [quality.SQL_CHECKS]) == [result]


def test_a_check_without_returned_rows_passes_and_clears_its_quarantine(
    here: Settings, things: duckdb.DuckDBPyConnection
) -> None:
    write_check(here, "few", "-- Few.\nselect n from things where n > 2")
    quality.check_sql(things, here)
    things.execute("delete from things where n > 2")
    (result,) = quality.check_sql(things, here)
    assert result.passed
    assert list(here.quarantine.iterdir()) == []


def test_a_check_says_its_severity_and_its_table(here: Settings, things: duckdb.DuckDBPyConnection) -> None:
    text = "-- severity: warning\n-- table: others\n-- Odd.\nwith x as (select n from things) select n from x"
    write_check(here, "odd", text)
    (result,) = quality.check_sql(things, here)
    assert (result.severity, result.table_name, result.description) == ("warning", "others", "Odd.")
    assert quality.stopping([result]) == []


@pytest.mark.parametrize("text", ["-- Broken.\nselect nothing from things", "-- Unknown.\nselect 1 from nowhere"])
def test_a_check_that_cannot_be_run_is_named(text: str, here: Settings, things: duckdb.DuckDBPyConnection) -> None:
    write_check(here, "broken", text)
    with pytest.raises(DisplacementError, match="The check broken in sql/checks cannot be run"):
        quality.check_sql(things, here)


def test_an_unknown_severity_is_refused(here: Settings, things: duckdb.DuckDBPyConnection) -> None:
    write_check(here, "odd", "-- severity: fatal\nselect n from things")
    with pytest.raises(DisplacementError, match="severity is fatal"):
        quality.check_sql(things, here)


# --- the report -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "Nothing was checked."),
        ([RESULT], "The one rule holds."),
        ([RESULT] * 1312, "All 1,312 rules hold."),
        ([FAILED, RESULT], "One rule fails. 1 holds."),
        ([FAILED, FAILED, WARNED, *[RESULT] * 13], "Two rules fail, and one warns. 13 hold."),
        ([WARNED, *[RESULT] * 3], "One rule warns. 3 hold."),
    ],
)
def test_the_outcome_is_one_sentence(results: list[Result], sentence: str) -> None:
    assert summary(results) == sentence


def test_failures_come_first() -> None:
    tables = [replace(RESULT, table_name="a"), replace(WARNED, table_name="b"), RESULT, FAILED]
    page = report_page(tables, {})
    sections = re.findall(r'<section id="(\w+)">', page)
    assert sections == ["corridors", "b", "a"]
    assert page.index("GFR") < page.rindex("Every origin is known.")


def test_text_of_the_data_is_escaped() -> None:
    hostile = replace(
        FAILED, table_name='x"><script>', description="<img src=x>", rule="a&b", examples=("</style><i>",)
    )
    page = report_page([hostile], {"<b>name</b>": "<script>alert(1)</script>"})
    assert not re.findall(r"<(?:script|img|i|b)\b", page)


def test_the_page_needs_nothing_from_elsewhere(here: Settings, tmp_path: Path) -> None:
    page = quality.write_report([FAILED, RESULT, WARNED], tmp_path / "quality", {"build_id": "b1"})
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"https?:|url\(|@import|<link|<script|src=", text)
    Balanced().feed(text)


def test_the_report_is_there_as_json_too(tmp_path: Path) -> None:
    quality.write_report([FAILED], tmp_path, {"build_id": "b1", "commit": None})
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert document["build"] == {"build_id": "b1"}
    assert document["results"][0]["examples"] == ["origin <b>GFR</b>", "origin XYZ"]


class Balanced(HTMLParser):
    """Fails on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
