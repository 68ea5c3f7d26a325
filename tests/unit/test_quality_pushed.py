"""Rules evaluated by DuckDB where the rows are come to the same as Great Expectations on a frame of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from displacement import quality
from displacement.catalogue import load_catalogue
from displacement.quality import pushed
from displacement.quality.frames import frame_of
from displacement.quality.rules import Expectation, Rule, Suite
from displacement.quality.validation import validate
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
    here = pushed.validate(SUITE, connection, "select * from things")
    assert [(one.rule, one.passed, one.rows_failed) for one in here.results] == [
        (one.rule, one.passed, one.rows_failed) for one in there.results
    ]
    assert here.results == there.results, "the examples are the same rows in the same words"
    assert {name: len(rows) for name, rows in here.failing.items()} == {
        name: len(rows) for name, rows in there.failing.items()
    }
    assert sum(not one.passed for one in here.results) >= 14, "most of these rules are broken on purpose"


def test_a_large_table_is_checked_where_it_is_with_the_rules_of_a_small_one(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame of 68 million rows would not fit into memory."""
    table = load_catalogue().tables["country_groups"]
    columns = ", ".join(table.column_names)
    with duckdb.connect() as connection:
        connection.execute(
            f"create table country_groups as select {columns} from read_csv('{here.data}/country_groups.csv')"
        )
        connection.execute("update country_groups set country = 'XQX' where country = 'FRA'")
        known = {"countries.iso3": ("AUT", *(row[0] for row in connection.execute(
            f"select iso3 from '{here.data}/countries.csv'").fetchall()))}  # fmt: skip
        framed = quality.check_rows(connection, table, known, here)
        monkeypatch.setattr(quality, "LARGE", 5)
        monkeypatch.setattr(quality, "evidence", None)
        in_place = quality.check_rows(connection, table, known, here)
    assert in_place == framed
    assert [(one.rule, one.rows_failed) for one in in_place if not one.passed] == [("known_country", 1)]
    assert "XQX" in (here.quarantine / "country_groups.known_country.csv").read_text()
