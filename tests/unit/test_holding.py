"""What is held back is said wherever figures are shown: a release's date must not stand under figures of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from displacement.charts.drawer import Drawer
from displacement.language import LANGUAGES, load
from displacement.query import held_back
from displacement.query.held_back import Held
from tests.small_build import small_build

NOVEMBER, JUNE = date(2026, 11, 1), date(2026, 6, 25)
REFUGEES = Held(NOVEMBER, "refugees", "unhcr", leaves_total_out=True)
AGES = Held(NOVEMBER, "demographics", None, leaves_total_out=False)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as made:
        made.execute("update indicators set publisher = 'UNHCR', dataset = 'population'")
        made.execute("update indicators set publisher = 'IDMC', dataset = 'idmc' where indicator = 'idmc_idps'")
        made.execute("update country_totals set idmc_idps = 5000")
        yield made


def hold(connection: duckdb.DuckDBPyConnection, what: str, until: date | None = None) -> None:
    columns = "release, dataset, indicator, rule, superseded_in, in_headline"
    connection.execute(
        f"insert into held_back ({columns}) values (?, 'population', ?, 'world_total', ?, ?)",
        [NOVEMBER, what, until, what == "refugees"],
    )


def test_what_is_held_back_now_is_read_with_its_publisher(connection: duckdb.DuckDBPyConnection) -> None:
    assert held_back.held_now(connection) == ()
    hold(connection, "refugees")
    hold(connection, "refugees")  # by a second rule
    hold(connection, "demographics")
    hold(connection, "oip", until=JUNE)
    assert held_back.held_now(connection) == (REFUGEES, AGES)


def test_it_is_said_by_release_and_whether_a_total_is_left_out() -> None:
    earlier = Held(JUNE, "asylum_seekers", "unhcr", leaves_total_out=False)
    assert held_back.said([], load("en")) == ()
    assert held_back.said([earlier, REFUGEES, AGES], load("en")) == (
        "Held back from release 2026-06-25 until it is checked, so shown as before: Asylum-seekers.",
        "Held back from release 2026-11-01 until it is checked, so shown as before: Refugees under UNHCR’s mandate and "
        "Age and sex.",
        "No total is given where this would change it.",
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_it_with_the_date_that_identifies_the_release(code: str) -> None:
    sentence, total = held_back.said([REFUGEES], load(code))
    assert "2026-11-01" in sentence and load(code).text("indicator.refugees") in sentence
    assert total
    assert (held_back.LEFT_TO_RIGHT in sentence) == (code == "ar")


def test_a_dataset_without_a_name_of_its_own_goes_by_its_code() -> None:
    assert "countries" in held_back.said([Held(NOVEMBER, "countries", None, leaves_total_out=False)], load("fr"))[0]


@pytest.mark.parametrize(
    ("chart", "country", "is_told"),
    [
        ("world-total", None, True),
        ("corridors", None, True),
        ("country-inside", "AFG", False),
        ("yearly-change", None, False),
    ],
)
def test_a_chart_says_what_is_held_back_of_those_who_publish_its_figures(
    connection: duckdb.DuckDBPyConnection, chart: str, country: str | None, is_told: bool
) -> None:
    hold(connection, "refugees")
    drawer = Drawer(connection)
    drawn = drawer.draw(drawer.read(chart, country))
    assert ("Held back from release 2026-11-01" in drawn.note) == is_told


def test_a_chart_of_a_build_that_holds_nothing_back_says_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    drawer = Drawer(connection)
    assert "Held back" not in drawer.draw(drawer.read("world-total")).note
