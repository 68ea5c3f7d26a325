"""Rules evaluated by DuckDB where the rows are have the results that Great Expectations gives for a frame of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from displacement import quality
from displacement.build.warehouse import sources
from displacement.catalogue import load_catalogue
from displacement.quality import in_sql
from displacement.quality.frames import frame_of
from displacement.quality.in_great_expectations import validate
from displacement.quality.rules import Expectation, Rule, Suite
from displacement.settings import Settings

ROWS = """
    (1, 'AFG', 'refugees', 5, 9, date '2025-12-31', date '2024-12-31', 0.5),
    (2, 'AFG', 'refugees', 0, 9, date '2025-12-31', date '2025-12-31', 1.5),
    (2, null, 'refugees', null, 7, date '2023-12-31', date '2024-12-31', null),
    (3, 'XYZ', null, -4, -4, null, date '2024-12-31', -0.1),
    (null, 'XYZ', null, 12, 12, date '2020-06-30', null, 0.25),
    (null, 'UKR', 'Côte d''Ivoire', 12, 13, date '2020-06-30', date '2020-06-30', 0.25)
"""

ASKED: list[tuple[Expectation, tuple[str, ...], dict[str, object]]] = [
    ("present", ("country",), {}),
    ("filled", ("number", "kind"), {}),
    ("between", ("value",), {"minimum": 1}),
    ("between", ("share",), {"minimum": 0, "maximum": 1}),
    ("all_between", ("value", "other"), {"minimum": 0, "maximum": 12}),
    ("in_set", ("country",), {"values": ("AFG", "UKR")}),
    ("in_set", ("kind",), {"values": ("refugees",)}),
    ("in_set", ("day",), {"values": (date(2025, 12, 31), date(2020, 6, 30))}),
    ("not_zero", ("value",), {}),
    ("unique", ("number",), {}),
    ("unique", ("country", "kind"), {}),
    ("unique", ("number", "country", "value"), {}),
    ("not_before", ("day", "before"), {}),
    ("after", ("day", "before"), {}),
    ("equal", ("value", "other"), {}),
    ("row_count", (), {"minimum": 6}),
    ("row_count", (), {"minimum": 7}),
    ("columns", ("number", "gone"), {}),
    ("present", ("gone",), {}),
]

SUITE = Suite(
    "things",
    tuple(
        Rule("things", f"{expectation}_{place}", "Something holds.", expectation, columns, **more)  # type: ignore[arg-type]
        for place, (expectation, columns, more) in enumerate(ASKED)
    ),
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(
            "create table things as select * from (values "
            f"{ROWS}) as things (number, country, kind, value, other, day, before, share)"
        )
        yield opened


def test_every_kind_of_rule_fails_for_the_same_rows_here_and_there(connection: duckdb.DuckDBPyConnection) -> None:
    there = validate(SUITE, frame_of(connection, "select * from things"))
    here = in_sql.validate(SUITE, connection, "select * from things")
    assert [(one.rule, one.passed, one.rows_failed) for one in here.results] == [
        (one.rule, one.passed, one.rows_failed) for one in there.results
    ]
    assert here.results == there.results, "the examples are the same rows in the same words"
    assert {name: len(rows) for name, rows in here.failing.items()} == {
        name: len(rows) for name, rows in there.failing.items()
    }
    assert sum(not one.passed for one in here.results) >= 14, "most of these rules are broken on purpose"


def test_a_reference_table_and_a_model_are_checked_with_the_same_results_and_quarantine(here: Settings) -> None:
    table = load_catalogue().tables["country_groups"]
    with duckdb.connect() as connection:
        connection.execute(f"create table countries as from read_csv('{here.data}/countries.csv')")
        connection.execute(
            "create table country_groups as select one.*, countries.name as country_name "
            f"from read_csv('{here.data}/country_groups.csv') as one join countries on one.country = countries.iso3"
        )
        connection.execute("update country_groups set country = 'XQX' where country = 'FRA' and group_code = 'EU'")
        by_sql = quality.check_table(connection, table, here)
        kept = (here.quarantine / "country_groups.known_country.csv").read_text()
        in_a_frame = quality.check_reference(connection, table, here)
    assert by_sql == in_a_frame
    assert [(one.rule, one.rows_failed) for one in by_sql if not one.passed] == [("known_country", 1)]
    assert "XQX" in kept
    assert kept == (here.quarantine / "country_groups.known_country.csv").read_text()


def test_a_large_ledger_is_checked_where_it_is(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame of 68 million rows would not fit into memory."""
    with sources(
        here, ("raw_figures", "raw_indicators", "raw_countries", "raw_releases", "raw_release_datasets")
    ) as db:
        monkeypatch.setattr(quality, "LARGE", 5)
        monkeypatch.setattr(quality, "frame_of", None)
        results = quality.check_ledger(db, here)
    assert len(results) > 20 and all(result.passed for result in results)
