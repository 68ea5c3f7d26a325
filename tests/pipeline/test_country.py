"""`displacement country`: one country on one screen, every number that of the file."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from displacement.query import country, country_text
from displacement.storage.duck import rows
from tests.pipeline.conftest import Run

COLUMNS, LINES = 80, 46
SOME = ("AB9", "AFG", "AUS", "COL", "CRI", "DEU", "JOR", "LBN", "NRU", "PSE", "SDN", "SYR", "TIB", "UNK", "USA", "XXA")


def asked(run: Run, *words: str) -> dict[str, Any]:
    code, said, error = run("country", *words, "--json")
    assert (code, error) == (0, "")
    found: dict[str, Any] = json.loads(said)
    return found


@pytest.mark.parametrize("code", SOME)
def test_a_profile_fits_one_screen(published: duckdb.DuckDBPyConnection, code: str) -> None:
    lines = country_text.told(country.profile(published, code)).splitlines()
    assert len(lines) <= LINES
    assert max(len(line) for line in lines) <= COLUMNS


def test_the_stocks_are_those_of_the_newest_year_end_with_rank_and_change(run: Run) -> None:
    found = asked(run, "UKR")
    assert found["reference_date"] == "2025-12-31"
    stocks = {one["measure"]: one for one in found["origin"]}
    assert list(stocks) == [
        "refugees",
        "asylum_seekers",
        "refugees_and_oip",
        "displaced_across",
        "idmc_idps",
        "forcibly_displaced",
    ]
    assert (stocks["refugees"]["value"], stocks["refugees"]["change"], stocks["refugees"]["rank"]) == (
        5_224_131,
        104_095,
        1,
    )
    assert stocks["refugees"]["share_of_world"] == pytest.approx(5_224_131 / 28_461_306)
    assert stocks["refugees"]["trend"]["2024"] == 5_120_036


def test_absent_years_are_gaps_in_the_trend(run: Run) -> None:
    # Other people in need of international protection began in 2018; IDMC has Ukraine from 2014 on.
    found = asked(run, "COL")
    oip = next(one for one in found["asylum"] if one["measure"] == "oip")
    trend = {int(year): value for year, value in oip["trend"].items()}
    assert [year for year, value in trend.items() if value is None] == [year for year in trend if year < 2018]
    said = run("country", "COL")[1]
    assert country_text.spark(trend.values()).startswith(" " * (2018 - min(trend)))
    assert country_text.spark(trend.values()) in said


def test_the_ways_both_ways_are_the_largest_first(run: Run) -> None:
    found = asked(run, "TUR")
    assert found["come_from"][0]["country"] == "SYR"
    assert found["come_from"][0]["displaced_across"] == 2_347_756
    for side in ("gone_to", "come_from"):
        people = [way["displaced_across"] for way in found[side]]
        assert people == sorted(people, reverse=True)
        assert len(people) == 5


def test_hosting_says_how_old_the_denominators_are_and_counts_unrwa_apart(run: Run) -> None:
    said = run("country", "JOR")[1]
    assert "  38.5 per 1,000 inhabitants, rank 15 (population of 2024)" in said
    assert "  with UNRWA's refugees: 246.0 per 1,000, 55.9 per million USD" in said


def test_a_year_s_change_adds_up_on_the_screen(run: Run) -> None:
    row = next(one for one in asked(run, "UKR")["changes"] if one["role"] == "origin")
    parts = [row[name] or 0 for name in ("newly_recognised", "returned", "naturalised", "resettled")]
    assert row["stock_before"] + parts[0] - sum(parts[1:]) - row["remainder"] == row["stock_after"]
    said = " ".join(run("country", "UKR")[1].split())
    assert "5,120,036 + 751,015 new - 139,251 returned - 339 naturalised - 74 resettled - 507,256 unexplained =" in said


def test_revisions_and_oddities_of_the_country_are_counted_and_the_first_told(
    run: Run, published: duckdb.DuckDBPyConnection
) -> None:
    found = asked(run, "TUR")
    [counted] = rows(published, "select count(*) as n from revisions where origin = 'TUR' or asylum = 'TUR'")
    assert found["revisions"]["figures"] == counted["n"]
    assert found["revisions"]["largest"]["indicator"] == "idmc_idps"
    [odd] = rows(published, "select count(*) as n from anomalies where origin = 'TUR' or asylum = 'TUR'")
    assert sum("TUR" in (one["origin"], one["asylum"]) for one in found["oddities"]) == odd["n"]
    assert "ODDITIES 3 of " in run("country", "TUR")[1]


def test_sections_without_data_say_so_in_one_line(run: Run) -> None:
    code, said, _ = run("country", "VAT")
    assert code == 0
    for line in (
        "HOSTED HERE: nobody is recorded here.",
        "SOLUTIONS: no figure.",
        "HOW ITS REFUGEES CHANGED: no figure.",
        "REVISIONS: none in the releases kept here.",
        "ODDITIES: no rule finds any in a figure of this place alone.",
    ):
        assert line in said.splitlines(), line


def test_a_profile_can_be_asked_as_of_a_release(run: Run) -> None:
    found = asked(run, "SYR", "--as-of", "2024-06-17")
    assert (found["reference_date"], found["newest_release"]) == ("2023-12-31", "2024-06-17")
    assert found["origin"][0]["value"] == 6_355_788
    assert max(len(line) for line in run("country", "SYR", "--as-of", "2024-06-17")[1].splitlines()) <= COLUMNS


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Ukrane",), "There is no country Ukrane. Did you mean UKR (Ukraine)? Known: "),
        (("GFR",), "GFR is UNHCR's own code of Germany; did you mean DEU?"),
        (("UKX",), "Did you mean UKR (Ukraine)?"),
        (("UKR", "--as-of", "2024-06-18"), "Did you mean 2024-06-17?"),
        ((), "Missing argument"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said, error = run("country", *words)
    assert (code, said) == (2, "")
    assert says in error
