"""What must hold for a raw table when it comes in: every rule can fail, is named, and has the effect it should have."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from displacement.intake import expectations
from displacement.intake.expectations import read_expectations
from displacement.intake.model import DatasetReading
from displacement.intake.reading import ReadingContext, read_dataset
from displacement.settings import Settings
from displacement.sources.layouts import read_datasets
from displacement.sources.release import capture_of_directory
from tests.small_release import Door, altered, rows, small_release


@dataclass(frozen=True)
class Damage:
    """A table damaged by SQL, the rule that names it, and the rows that go to quarantine for it."""

    dataset: str
    sql: str
    rule: str
    aside: int
    door: Door = "directory"


def one(column: str, value: str, dataset: str, rule: str, door: Door = "directory") -> Damage:
    """Return the damage of one row."""
    return Damage(dataset, f"select * replace (if(n = 100, {value}, {column}) as {column}) from t", rule, 1, door)


SET_ASIDE = [
    one("year", "null", "population", "year_is_a_number"),
    one("year", "1066", "population", "year_possible"),
    one("year", "2026", "population", "year_possible"),
    one("coa_iso", "'AUS'", "population", "asylum_code_and_iso_agree"),
    one("coo_iso", "'SDN'", "solutions", "origin_code_and_iso_agree"),
    one("refugees", "'some'", "population", "counts_are_numbers", "api"),
    one("refugees", "'1,250'", "population", "counts_are_numbers", "api"),
    one("refugees", "'12.5'", "population", "counts_are_whole", "api"),
    one("refugees", "'1e3'", "population", "counts_are_whole", "api"),
    one("refugees", "'-5'", "population", "counts_not_negative", "api"),
    one("refugees", "-5", "population", "counts_not_negative"),
    one("refugees", "12.5::double", "population", "counts_are_whole"),
    one("refugees", "7000000000", "population", "counts_possible"),
    Damage(
        "idmc",
        "select * replace (if(n = 100, 'GFR', coa) as coa, if(n = 100, 'DEU', coa_iso) as coa_iso) from t",
        "inside_their_country",
        1,
    ),
    one("total", "80", "demographics", "no_more_than_all"),
]
STOPS = [
    Damage("population", "select * from t where n < 0", "has_rows", 0),
    Damage("demographics", "select * from t where year <> 2021", "no_year_missing", 0),
    one("app_type", "'XX'", "asylum_applications", "known_app_type"),
    one("app_pc", "'H'", "asylum_applications", "known_unit"),
    one("dec_pc", "''", "asylum_decisions", "known_unit"),
    one("pop_type", "'NEW'", "demographics", "known_population_type"),
]
HOLDS = [
    one("coo", "'-'", "solutions", "known_origin"),
    one("coa", "null", "solutions", "known_asylum"),
    Damage(
        "solutions",
        "select * from t union all select * replace (resettlement + 1 as resettlement) from t where n = 100",
        "one_value_a_key",
        2,
    ),
]
NOTICED = [
    Damage("idmc", "select * from t where year > 2010", "begins_where_it_did", 0),
    Damage("population", "select * replace (null as coo_iso) from t where true", "origin_iso_given", 0),
    Damage("population", "select * replace (coa_name as coa_iso) from t", "asylum_iso_given", 0),
    one("dec_level", "'0'", "asylum_applications", "known_decision_level"),
    one("procedure_type", "'X'", "asylum_decisions", "known_procedure"),
    one("dec_total", "1", "asylum_decisions", "outcomes_add_up"),
    one("loc_type", "'X'", "demographics", "known_place"),
    one("acc_type", "'X'", "demographics", "known_accommodation"),
    one("f_other", "1", "demographics", "women_add_up"),
    one("m_other", "9", "demographics", "men_add_up"),
]
ELSEWHERE = {"no_row_twice", "palestine_refugees", "code_reviewed", "code_means_the_same"}
"""Rules with a test of their own, here or in `test_intake_reading`."""


def named(damage: Damage) -> str:
    return f"{damage.rule}-{damage.sql.partition('replace (')[2][:40] or damage.dataset}"


def read(dataset: str, sql: str, directory: Path, here: Settings, door: Door = "directory") -> DatasetReading:
    capture = altered(small_release(directory, dataset, door=door), dataset, sql)
    return read_dataset(capture, dataset, ReadingContext(here))


def damaged(damage: Damage, directory: Path, here: Settings) -> DatasetReading:
    return read(damage.dataset, damage.sql, directory, here, damage.door)


def failed(reading: DatasetReading) -> dict[str, int]:
    """Return the rules that failed, with the rows that broke them, but for the first years small tables lack."""
    return {r.rule: r.rows_failed for r in reading.results if not r.passed and r.rule != "begins_where_it_did"}


def test_every_rule_is_seen_to_fail_here() -> None:
    tried = {damage.rule for damage in (*SET_ASIDE, *STOPS, *HOLDS, *NOTICED)} | ELSEWHERE
    assert {each.rule.name for each in read_expectations().expected} == tried


def test_every_dataset_is_known_has_rules_and_says_what_to_do_about_those_that_stop_it() -> None:
    expected = read_expectations().expected
    datasets = {each.rule.table for each in expected}
    assert datasets | {"footnotes"} == set(read_datasets())
    assert all(each.remedy for each in expected if each.effect in ("hold", "stop"))
    assert all(each.rule.basis for each in expected)


@pytest.mark.parametrize("damage", SET_ASIDE, ids=named)
def test_a_bad_row_goes_to_quarantine_with_the_name_of_the_rule_and_the_rest_goes_on(
    tmp_path: Path, here: Settings, damage: Damage
) -> None:
    reading = damaged(damage, tmp_path, here)
    assert failed(reading) == reading.quarantined == {damage.rule: 1}
    assert reading.stopped is None
    assert reading.holds == ()
    with (here.quarantine / f"2026-06-12.{damage.dataset}.{damage.rule}.csv").open(newline="") as stream:
        (kept,) = csv.DictReader(stream)
    assert kept["row"] == "100"
    written = reading.facts or reading.table
    assert rows(f"from '{written}'")


@pytest.mark.parametrize("damage", STOPS, ids=named)
def test_what_nobody_can_read_stops_the_dataset_and_says_what_to_do(
    tmp_path: Path, here: Settings, damage: Damage
) -> None:
    reading = damaged(damage, tmp_path, here)
    assert reading.stopped_by == damage.rule
    assert reading.stopped is not None
    rule = read_expectations().of(damage.dataset)[damage.rule]
    assert rule.rule.description in reading.stopped
    assert rule.remedy in reading.stopped
    assert sum(reading.quarantined.values()) == damage.aside


@pytest.mark.parametrize("damage", HOLDS, ids=named)
def test_a_row_that_nobody_understands_holds_its_indicators_and_no_other(
    tmp_path: Path, here: Settings, damage: Damage
) -> None:
    # Row 100 has people resettled and nobody naturalised.
    reading = damaged(damage, tmp_path, here)
    assert [(hold.indicator, hold.rule) for hold in reading.holds] == [("resettlement", damage.rule)]
    assert reading.stopped_by == ("quarantined_share" if damage.aside > 1 else None)  # two of 151 rows
    assert reading.quarantined == {damage.rule: damage.aside}
    assert reading.holds[0].sentence.startswith(f"resettlement: {damage.rule} does not hold in {damage.aside} of 15")


@pytest.mark.parametrize("damage", NOTICED, ids=named)
def test_an_oddity_that_does_no_harm_is_noticed_and_passes(tmp_path: Path, here: Settings, damage: Damage) -> None:
    whole = small_release(tmp_path / "before", damage.dataset, door=damage.door)
    before = read_dataset(capture_of_directory(whole), damage.dataset, ReadingContext(here))
    reading = damaged(damage, tmp_path / "after", here)
    assert damage.rule in {result.rule for result in reading.results if not result.passed}
    assert (reading.stopped, reading.holds, reading.quarantined) == (None, (), {})
    assert reading.figures == before.figures or damage.rule == "begins_where_it_did"


def test_an_empty_iso_code_of_unknown_passes_as_it_did_on_2023_06_14(tmp_path: Path, here: Settings) -> None:
    sql = "select * replace (if(coo = 'UKN', null, coo_iso) as coo_iso) from t"
    capture = altered(small_release(tmp_path, "population", release="2023-06-14"), "population", sql)
    reading = read_dataset(capture, "population", ReadingContext(here))
    assert failed(reading) == {"origin_iso_given": 22}
    assert (reading.stopped, reading.quarantined) == (None, {})
    assert not here.quarantine.exists(), "93,663 flows whose ISO codes were names passed, and were called quarantined"
    assert rows(f"select count(*) from '{reading.facts}' where origin = 'UNK'") == [(22,)]


def test_names_of_countries_in_the_column_of_codes_hold_everything(tmp_path: Path, here: Settings) -> None:
    capture = altered(
        small_release(tmp_path, "population"), "population", "select * replace (trim(coo_name) as coo) from t"
    )
    reading = read_dataset(capture, "population", ReadingContext(here))
    assert reading.stopped_by == "quarantined_share"
    assert (reading.figures, reading.newest_reference_date) == (0, None)
    assert "150 of 150 rows are in quarantine, more than 1% (known_origin 150)" in (reading.stopped or "")


def test_a_row_that_stands_twice_counts_once(tmp_path: Path, here: Settings) -> None:
    sql = "select * from t union all select * from t where n = 100"
    before = read_dataset(
        capture_of_directory(small_release(tmp_path / "a", "demographics")), "demographics", ReadingContext(here)
    )
    kept = rows(f"from '{before.table}'")
    reading = read_dataset(
        altered(small_release(tmp_path / "b", "demographics"), "demographics", sql),
        "demographics",
        ReadingContext(here),
    )
    assert failed(reading) == reading.quarantined == {"no_row_twice": 1}
    assert reading.stopped is None
    assert rows(f"from '{reading.table}'") == kept


def test_many_rows_that_stand_twice_stop_the_table_as_on_2023_06_14(tmp_path: Path, here: Settings) -> None:
    sql = "select * from t union all select * from t where year = 2013"
    reading = read("demographics", sql, tmp_path, here)
    assert (reading.stopped_by, reading.quarantined) == ("quarantined_share", {"no_row_twice": 18})


def test_keys_without_an_accommodation_are_compared_too(tmp_path: Path, here: Settings) -> None:
    sql = "select * replace (null as acc_type) from (from t union all from t where n = 100)"
    reading = read("demographics", sql, tmp_path, here)
    assert reading.quarantined == {"no_row_twice": 1}


def test_people_whose_key_stands_twice_with_different_values_stop_the_table(tmp_path: Path, here: Settings) -> None:
    sql = "select * from t union all select * replace (total + 1 as total) from t where n = 100"
    reading = read("demographics", sql, tmp_path, here)
    assert (reading.stopped_by, reading.quarantined) == ("one_value_a_key", {"one_value_a_key": 2})


def test_refugees_of_unrwa_come_from_nowhere_else(tmp_path: Path, here: Settings) -> None:
    sql = "select * replace (if(n = 3, 'SYR', coo) as coo, if(n = 3, 'SYR', coo_iso) as coo_iso) from t"
    reading = read("unrwa", sql, tmp_path, here)
    assert failed(reading) == {"palestine_refugees": 1}
    assert reading.stopped_by == "quarantined_share"  # one of 25


def test_up_to_a_hundredth_of_the_rows_may_be_set_aside(tmp_path: Path, here: Settings) -> None:
    assert read_expectations().most_set_aside == 0.01
    sql = "select * replace (if(n < {}, -1, total) as total) from t"
    for directory, count, stopped_by in ((tmp_path / "a", 1, None), (tmp_path / "b", 2, "quarantined_share")):
        reading = read("idmc", sql.format(count), directory, here)  # of 150
        assert (reading.quarantined, reading.stopped_by) == ({"counts_not_negative": count}, stopped_by)


def test_a_fact_of_which_a_row_is_in_quarantine_is_unknown_and_not_smaller(tmp_path: Path, here: Settings) -> None:
    # Summing what is left would pass for a revision; leaving it out, for a withdrawal.
    one_of_two = "year = 2025 and coo = 'SYR' and coa = 'GFR' and app_type = 'NR'"
    sql = f"select * replace (if({one_of_two}, -1, applied) as applied) from t"
    reading = read("asylum_applications", sql, tmp_path, here)
    assert reading.unknown is not None
    assert rows(f"from '{reading.unknown}'") == [("asylum_applications", date(2025, 12, 31), "SYR", "DEU")]
    found = rows(f"from '{reading.facts}' where year(reference_date) = 2025 and origin = 'SYR' and asylum = 'DEU'")
    assert [row[0] for row in found] == ["asylum_applications_cases"]


def test_text_from_a_publisher_is_only_ever_data(tmp_path: Path, here: Settings) -> None:
    hostile = "''); drop table rows; --"
    sql = f"select * replace (if(n = 100, '{hostile}', coo) as coo, '../../x' as coo_name) from t"
    reading = read("solutions", sql, tmp_path, here)
    assert reading.quarantined == {"known_origin": 1}
    assert [path.name for path in here.quarantine.iterdir()] == ["2026-06-12.solutions.known_origin.csv"]


def test_a_large_table_is_held_against_its_rules_in_parts(
    tmp_path: Path, here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "select * replace (if(n = 100, -1, refugees) as refugees) from t"
    capture = altered(small_release(tmp_path, "population"), "population", sql)
    whole = read_dataset(capture, "population", ReadingContext(here))
    monkeypatch.setattr(expectations, "ROWS_A_FRAME", 40)
    parts = read_dataset(capture, "population", ReadingContext(here))
    assert parts == whole
    assert whole.quarantined == {"counts_not_negative": 1}
