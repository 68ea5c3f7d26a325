"""A captured release is read to facts: by layout and reviewed codes, never by names, with one place for each figure."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from displacement.errors import DisplacementError
from displacement.intake import findings
from displacement.intake.model import DatasetReading, Reading, stored
from displacement.intake.reading import ReadingContext, read_dataset, read_release
from displacement.settings import Settings
from displacement.sources.release import Capture, CapturedTable, capture_of_directory, write_capture
from tests.emulator.invented import small_world
from tests.small_release import Door, altered, as_recorded, rows, small_release

Facts = dict[tuple[Any, ...], Any]


def reading_of(capture: Capture, dataset: str, here: Settings) -> DatasetReading:
    return read_dataset(capture, dataset, ReadingContext(here))


def facts_of(reading: DatasetReading) -> Facts:
    found = rows(f"select indicator, reference_date, origin, asylum, value from '{reading.facts}'")
    return {row[:4]: row[4] for row in found}


@pytest.fixture
def no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the expectations, which `test_intake_expectations` checks: starting them takes most of the time."""
    monkeypatch.setattr(findings, "check_rows", lambda *_: [])


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[Door, Reading]:
    """Read the small release by either door, once for the tests that only look."""
    readings: dict[Door, Reading] = {}
    doors: tuple[Door, Door] = ("directory", "api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "check_rows", lambda *_: [])
        for door in doors:
            directory = tmp_path_factory.mktemp(door)
            settings = Settings(home=directory / "var", public=directory / "public")
            release = small_release(directory, door=door)
            readings[door] = read_release(capture_of_directory(release), ReadingContext(settings))
    return readings


# --- what is read ---------------------------------------------------------------------------------------------------


def test_both_doors_lead_to_the_same_facts(read: dict[Door, Reading]) -> None:
    assert [each.door for each in read.values()] == ["directory", "api"]
    for one, other in zip(read["directory"].datasets, read["api"].datasets, strict=True):
        assert (one.dataset, one.rows, one.figures, one.why) == (other.dataset, other.rows, other.figures, other.why)
        assert one.stopped is other.stopped is None
        path, same = one.facts or one.table, other.facts or other.table
        assert rows(f"from '{path}'") == rows(f"from '{same}'")


def test_codes_of_the_publisher_are_not_taken_for_iso_codes(read: dict[Door, Reading]) -> None:
    # AUS is Austria, ARE Egypt, MAR Martinique; as ISO codes they are Australia, the Emirates and Morocco.
    population = read["api"].dataset("population")
    assert population is not None
    pairs = {(key[2], key[3]) for key in facts_of(population)}
    assert pairs == {("SYR", "DEU"), ("SYR", "AUT"), ("AFG", "IRN"), ("UNK", "EGY"), ("PSE", "EGY"), ("XXA", "MTQ")}


def test_every_year_is_a_year_end_and_zeros_and_dashes_are_absent(read: dict[Door, Reading]) -> None:
    population = read["api"].dataset("population")
    assert population is not None
    facts = facts_of(population)
    assert population.newest_reference_date == date(2025, 12, 31)
    assert {key[1] for key in facts} == {date(year, 12, 31) for year in range(2001, 2026)}
    assert {key[0] for key in facts} == {"refugees", "asylum_seekers", "returned_refugees", "stateless"}
    assert facts["asylum_seekers", date(2025, 12, 31), "SYR", "DEU"] == 2025
    assert ("asylum_seekers", date(2025, 12, 31), "SYR", "AUT") not in facts
    assert min(facts.values()) > 0


def test_returns_are_taken_from_one_table_only(read: dict[Door, Reading]) -> None:
    solutions, population = read["directory"].dataset("solutions"), read["directory"].dataset("population")
    assert solutions is not None
    assert population is not None
    assert {key[0] for key in facts_of(solutions)} == {"resettlement"}
    assert facts_of(population)["returned_refugees", date(2025, 12, 31), "AFG", "IRN"] == 7


def test_new_claims_are_counted_and_appeals_are_not_and_cases_stay_apart(read: dict[Door, Reading]) -> None:
    applications = read["directory"].dataset("asylum_applications")
    assert applications is not None
    facts = facts_of(applications)
    # N at FI and NR at AR are new claims; R is a repeated one, and V counts at the levels FI, FA and NA only.
    assert facts["asylum_applications", date(2025, 12, 31), "SYR", "DEU"] == 10 + 10
    assert facts["asylum_applications_cases", date(2025, 12, 31), "SYR", "DEU"] == 10


@pytest.mark.usefixtures("no_rules")
def test_claims_of_type_v_are_new_at_three_levels(tmp_path: Path, here: Settings) -> None:
    levels = "['FI', 'FA', 'NA', 'AR', 'RA', 'EO']"
    capture = altered(
        small_release(tmp_path),
        "asylum_applications",
        f"select * replace ('V' as app_type, 'P' as app_pc, {levels}[1 + n % 6] as dec_level, 1 as applied) from t",
    )
    facts = facts_of(reading_of(capture, "asylum_applications", here))
    expected = rows(f"select count(*) from range(750) as t(n) where {levels}[1 + n % 6] in ('FI', 'FA', 'NA')")
    assert sum(facts.values()) == expected[0][0] == 375


def test_decisions_of_all_levels_are_added_and_outcomes_kept_apart(read: dict[Door, Reading]) -> None:
    decisions = read["directory"].dataset("asylum_decisions")
    assert decisions is not None
    facts = facts_of(decisions)
    day = date(2025, 12, 31)
    outcomes = ("recognized", "other", "rejected", "closed")
    assert [facts[f"asylum_decisions_{o}", day, "SYR", "AUT"] for o in outcomes] == [4, 8, 12, 16]
    assert [facts[f"asylum_decisions_{o}_cases", day, "SYR", "AUT"] for o in outcomes] == [2, 4, 6, 8]


def test_people_by_sex_and_age_are_added_up_over_places(read: dict[Door, Reading], here: Settings) -> None:
    demographics = read["directory"].dataset("demographics")
    assert demographics is not None
    key = "year = 2025 and origin = 'SYR' and asylum = 'DEU'"
    found = rows(f"select population_type, f_18_59, m_18_59, f_other, total from '{demographics.table}' where {key}")
    assert found == [("REF", 80, 100, 0, 202), ("RET", 40, 50, 0, 101)]
    shipped = rows(f"select column_name, column_type from (describe from '{here.data}/demographics.parquet')")
    assert rows(f"select column_name, column_type from (describe from '{demographics.table}')") == shipped


@pytest.mark.usefixtures("no_rules")
@pytest.mark.parametrize(
    ("columns", "indicators"),
    [
        ("refugee_like", {"flow_refugees", "flow_asylum_seekers", "flow_refugee_like"}),
        ("returned_refugees", {"flow_refugees", "flow_asylum_seekers"}),
    ],
)
def test_flows_come_in_two_layouts(tmp_path: Path, here: Settings, columns: str, indicators: set[str]) -> None:
    sql = f"select * exclude (refugee_like), 3::bigint as {columns} from t"
    flows = reading_of(altered(small_release(tmp_path, "flows"), "flows", sql), "flows", here)
    assert flows.stopped is None
    assert {key[0] for key in facts_of(flows)} == indicators


@pytest.mark.usefixtures("no_rules")
def test_names_are_thrown_away(tmp_path: Path, here: Settings) -> None:
    before = facts_of(reading_of(capture_of_directory(small_release(tmp_path / "a", "population")), "population", here))
    sql = "select * replace ('Curaçao ' as coo_name, null as coa_name) from t"
    after = facts_of(
        reading_of(altered(small_release(tmp_path / "b", "population"), "population", sql), "population", here)
    )
    assert after == before


def test_spaces_around_codes_and_whole_numbers_in_columns_of_broken_ones_do_no_harm(
    tmp_path: Path, here: Settings
) -> None:
    before = facts_of(reading_of(capture_of_directory(small_release(tmp_path / "a", "population")), "population", here))
    sql = (
        "select * replace (' ' || coo || ' ' as coo, coa_iso || ' ' as coa_iso, refugees::double as refugees, "
        "year::double as year, 'nan'::double as oip) from t"
    )
    reading = reading_of(altered(small_release(tmp_path / "b", "population"), "population", sql), "population", here)
    assert reading.quarantined == {}
    assert facts_of(reading) == before


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_rules")
def test_a_layout_that_is_not_on_the_list_is_refused_by_name_and_the_others_go_on(
    tmp_path: Path, here: Settings
) -> None:
    sql = "select * exclude (refugees, hst), refugees as refugees_total from t"
    reading = read_release(altered(small_release(tmp_path), "population", sql), ReadingContext(here))
    (population,) = reading.stopped
    assert (population.dataset, population.stopped_by, population.facts) == ("population", "layout", None)
    assert population.stopped is not None
    assert "(missing: refugees, hst; unexpected: refugees_total)" in population.stopped
    assert [each.figures > 0 for each in reading.datasets if each.dataset != "population"] == [True] * 7


@pytest.mark.usefixtures("no_rules")
def test_the_interface_must_send_the_numbers_of_countries_and_a_directory_may_hold_them(
    tmp_path: Path, here: Settings
) -> None:
    with_numbers = small_release(tmp_path / "a", door="api")
    (with_numbers / "capture.json").unlink()
    assert reading_of(capture_of_directory(with_numbers), "idmc", here).stopped is None
    without = small_release(tmp_path / "b")
    idmc = reading_of(as_recorded(without, "2026-06-12"), "idmc", here)
    assert idmc.stopped_by == "layout"
    assert "missing: coo_id, coa_id" in (idmc.stopped or "")


def test_a_dataset_that_was_not_captured_whole_stops_with_the_sentence_of_its_source(
    tmp_path: Path, here: Settings
) -> None:
    release = small_release(tmp_path)
    table = CapturedTable("flows", release / "flows.parquet", 150, stopped="Page 3 of flows came twice.")
    flows = reading_of(Capture(date(2026, 6, 12), "api", release, (table,)), "flows", here)
    assert (flows.stopped, flows.stopped_by) == ("Page 3 of flows came twice.", "captured_whole")


@pytest.mark.usefixtures("no_rules")
def test_a_file_that_breaks_off_stops_its_dataset_and_no_other(tmp_path: Path, here: Settings) -> None:
    release = small_release(tmp_path)
    capture = capture_of_directory(release)
    path = release / "idmc.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 500) + content[-496:])  # the footer is whole, the data is not
    reading = read_release(capture, ReadingContext(here))
    assert [each.dataset for each in reading.stopped] == ["idmc"]
    assert reading.stopped[0].stopped_by == "readable"


def test_a_list_of_countries_and_footnotes_are_kept_as_they_came(tmp_path: Path, here: Settings) -> None:
    release = small_release(tmp_path, door="api")
    lists = {
        "countries": "select 12 as id, 'AUS' as code, 'AUS' as iso, 'AT' as iso2, 'Austria' as name, 1 as \"0\" "
        "union all select 290, 'CRB', null, null, 'CRB', 1",
        "footnotes": "select ' A note. ' as footnote, '2015 - 2018, 2020' as year, 'Syria' as coo, 185 as coo_id, "
        "'SYR' as coo_iso, ' ' as coa, 278 as coa_id, '' as coa_iso, 'REF,ASY' as population_type",
    }
    for name, sql in lists.items():
        rows(f"copy ({sql}) to '{release / name}.parquet' (format parquet)")
    reading = read_release(as_recorded(release, "2026-06-12"), ReadingContext(here))
    footnotes, countries = reading.dataset("footnotes"), reading.dataset("countries")
    assert footnotes is not None
    assert countries is not None
    assert rows(f"from '{footnotes.table}'") == [("A note.", "2015 - 2018, 2020", "Syria", "SYR", "", "", "REF,ASY")]
    failed = {result.rule: result.examples[0] for result in countries.results if not result.passed}
    assert list(failed) == ["code_reviewed", "code_means_the_same"]
    assert "CRB" in failed["code_reviewed"]
    assert "AUS" in failed["code_means_the_same"]
    assert reading.stopped == ()


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_what_reading_came_to_is_kept_for_other_processes(tmp_path: Path, here: Settings) -> None:
    sql = "select * replace (if(n = 3, 'XXX', coo) as coo, if(n = 4, -1, refugees) as refugees) from t"
    reading = read_release(altered(small_release(tmp_path), "population", sql), ReadingContext(here))
    directory = here.home / "intake" / "2026-06-12"
    assert stored(directory, "nothing") is None
    for each in reading.datasets:
        assert stored(directory, each.dataset) == each
    assert reading.dataset("population") is not None
    (directory / "population.json").write_text(json.dumps({"dataset": "population"}))
    with pytest.raises(DisplacementError, match=r"population\.json does not hold what was read"):
        stored(directory, "population")


def test_reading_again_gives_the_same_files_and_empties_the_quarantine(tmp_path: Path, here: Settings) -> None:
    release = small_release(tmp_path)
    whole = (release / "population.parquet").read_bytes()
    capture = altered(release, "population", "select * replace (if(n = 3, -1, refugees) as refugees) from t")
    reading = reading_of(capture, "population", here)
    assert reading.unknown is not None
    kept = here.quarantine / "2026-06-12.population.counts_not_negative.csv"
    assert kept.exists()
    (release / "population.parquet").write_bytes(whole)
    first = reading_of(capture, "population", here)
    assert first.facts is not None
    content = first.facts.read_bytes()
    assert not kept.exists()
    assert not reading.unknown.exists()
    assert reading_of(capture, "population", here) == first
    assert first.facts.read_bytes() == content


@pytest.mark.usefixtures("no_rules")
def test_a_table_that_is_refused_leaves_nothing_of_a_former_reading(tmp_path: Path, here: Settings) -> None:
    release = small_release(tmp_path, "population")
    before = reading_of(capture_of_directory(release), "population", here)
    assert before.facts is not None
    assert before.facts.exists()
    refused = reading_of(altered(release, "population", "select * exclude (hst) from t"), "population", here)
    assert refused.facts is None
    assert [path.name for path in before.facts.parent.iterdir()] == ["population.json"]


def test_a_dataset_that_is_not_in_the_capture_is_a_mistake_of_the_program(tmp_path: Path, here: Settings) -> None:
    capture = Capture(date(2026, 6, 12), "api", tmp_path, ())
    write_capture(capture)
    with pytest.raises(KeyError):
        reading_of(capture, "population", here)


# --- an invented world ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["2024-06-14", "2024-10-21"])
def test_the_releases_of_the_emulated_world_are_read_without_a_word(
    tmp_path: Path, here: Settings, release: str
) -> None:
    world = small_world(release)
    landed = (world if release == "2024-10-21" else world.only("population")).write(tmp_path, "api")
    reading = read_release(as_recorded(landed, release), ReadingContext(here))
    odd = {(each.dataset, r.rule) for each in reading.datasets for r in each.results if not r.passed}
    # The small world begins later than the real one, and its list has the code without a country, as the real one has.
    assert {rule for _, rule in odd} == {"begins_where_it_did", "code_reviewed"}
    assert (reading.stopped, [each.holds for each in reading.datasets if each.holds]) == ((), [])
    newest = date(2024, 6, 30) if release == "2024-10-21" else date(2023, 12, 31)
    population = reading.dataset("population")
    assert population is not None
    assert population.newest_reference_date == newest
