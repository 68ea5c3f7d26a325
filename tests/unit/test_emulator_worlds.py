"""The worlds that the emulator serves: invented ones, which agree with themselves and each other, and their copies."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from displacement.sources.layouts import layout_of
from displacement.sources.release import capture_of_directory
from tests.emulator import Emulator, World, alterations, small_world
from tests.emulator.layouts import DATA, count_columns

YEAR_END, MID_YEAR, NEXT_YEAR_END = "2024-06-14", "2024-10-21", "2025-06-13"
EVERY_TABLE = (*DATA, "flows")

Rows = list[dict[str, Any]]


def facts(world: World, dataset: str, column: str) -> dict[tuple[Any, ...], int]:
    """Return the values above zero of a column by year, origin and asylum (and details)."""
    table = world.table(dataset)
    keys = [name for name in table.column_names if name not in count_columns(table) and not name.endswith("_name")]
    return {tuple(row[key] for key in keys): row[column] for row in table.to_pylist() if row[column]}


def newest(world: World, dataset: str) -> int:
    return max(world.table(dataset)["year"].to_pylist())


# --- invented worlds --------------------------------------------------------------------------------------------------


def test_the_invented_world_is_always_the_same() -> None:
    # A change here changes what other tests expect of it: mean it, then write the new number.
    digest = hashlib.sha256()
    for dataset in EVERY_TABLE:
        digest.update(repr(small_world(YEAR_END).table(dataset).to_pylist()).encode())
    assert digest.hexdigest()[:12] == "3a5b3bfd9eaa"


@pytest.mark.parametrize("dataset", EVERY_TABLE)
def test_no_key_stands_twice(dataset: str) -> None:
    table = small_world(YEAR_END).table(dataset)
    keys = [name for name in table.column_names if name not in count_columns(table)]
    assert set(Counter(zip(*(table[key].to_pylist() for key in keys), strict=True)).values()) == {1}


def test_returns_are_the_same_in_both_tables_that_carry_them() -> None:
    world = small_world(YEAR_END)
    for column in ("returned_refugees", "returned_idps"):
        assert facts(world, "population", column) == facts(world, "solutions", column)


def test_demographics_add_up_to_the_population() -> None:
    world = small_world(YEAR_END)
    by_type: Counter[str] = Counter()
    for row in world.table("demographics").to_pylist():
        by_type[row["pop_type"]] += row["total"]
        bands = sum(row[f"{sex}_{band}"] for sex in "fm" for band in ("0_4", "5_11", "12_17", "18_59", "60", "other"))
        assert row["f_total"] + row["m_total"] == bands in (0, row["total"])
    assert by_type["REF"] == sum(facts(world, "population", "refugees").values())
    assert by_type["IDP"] == sum(facts(world, "population", "idps").values())


def test_decisions_add_up() -> None:
    for row in small_world(YEAR_END).table("asylum_decisions").to_pylist():
        assert row["dec_total"] == row["dec_recognized"] + row["dec_other"] + row["dec_rejected"] + row["dec_closed"]


def test_counts_under_five_are_rounded_as_the_publisher_does() -> None:
    for column in ("refugees", "asylum_seekers", "ooc"):
        assert not set(facts(small_world(YEAR_END), "population", column).values()) & {1, 2, 3, 4}


def test_what_a_release_holds_follows_from_its_day() -> None:
    assert newest(small_world("2024-06-14"), "population") == 2023
    assert newest(small_world("2024-10-21"), "population") == 2024
    assert newest(small_world("2025-03-30"), "population") == 2024
    assert newest(small_world("2024-10-21"), "demographics") == 2023


def test_a_mid_year_release_carries_idmc_and_unrwa_forward_in_part() -> None:
    world = small_world(MID_YEAR)
    for dataset in ("idmc", "unrwa"):
        values = facts(world, dataset, "total")
        carried = {key[1:]: value for key, value in values.items() if key[0] == 2024}
        before = {key[1:]: value for key, value in values.items() if key[0] == 2023}
        assert carried.items() <= before.items()
    palestine = {key[2] for key in facts(world, "idmc", "total") if key[0] == 2024}
    assert "PSE" not in palestine


def test_a_mid_year_lies_between_its_year_ends_and_is_no_year_end() -> None:
    def world_total(release: str, year: int) -> int:
        return sum(
            value for key, value in facts(small_world(release), "population", "refugees").items() if key[0] == year
        )

    before, middle, after = world_total(YEAR_END, 2023), world_total(MID_YEAR, 2024), world_total(NEXT_YEAR_END, 2024)
    assert before < middle < after


@pytest.mark.parametrize(
    ("dataset", "column"),
    [("population", "refugees"), ("solutions", "resettlement"), ("flows", "asylum_seekers"), ("idmc", "total")],
)
def test_the_next_release_revises_a_few_facts_and_loses_hardly_any(dataset: str, column: str) -> None:
    before, after = facts(small_world(YEAR_END), dataset, column), facts(small_world(NEXT_YEAR_END), dataset, column)
    assert len(before.keys() - after.keys()) <= 0.002 * len(before)
    changed = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    assert len(changed) < 0.02 * len(before)
    assert all(abs(after[key] / before[key] - 1) < 0.2 for key in changed)


def test_the_next_release_does_revise_something() -> None:
    before, after = (facts(small_world(day), "population", "refugees") for day in (YEAR_END, NEXT_YEAR_END))
    assert any(before[key] != after[key] for key in before.keys() & after.keys())


# --- directories of tables --------------------------------------------------------------------------------------------


def test_a_world_written_as_files_is_a_release_that_intake_knows(tmp_path: Path) -> None:
    capture = capture_of_directory(small_world(YEAR_END).write(tmp_path))
    assert (capture.release.isoformat(), capture.door) == (YEAR_END, "directory")
    assert {table.dataset for table in capture.tables} == set(EVERY_TABLE)
    for dataset in EVERY_TABLE:
        columns = small_world(YEAR_END).table(dataset).column_names
        assert layout_of(dataset, "directory", columns), dataset


def test_a_world_written_as_a_fetch_writes_it_has_every_value_as_sent(tmp_path: Path) -> None:
    written = World.from_directory(small_world(YEAR_END).write(tmp_path, door="api"))
    import pyarrow.parquet as pq

    for dataset in (*EVERY_TABLE, "countries", "footnotes"):
        table = pq.read_table(tmp_path / YEAR_END / f"{dataset}.parquet")
        assert layout_of(dataset, "api", table.column_names), (dataset, table.column_names)
    raw = pq.read_table(tmp_path / YEAR_END / "population.parquet").to_pylist()[0]
    assert {type(value) for value in raw.values()} == {str}
    assert (raw["refugees"], raw["idps"], raw["oip"], raw["coo_id"]) == ("0", str(int(raw["idps"])), "-", raw["coa_id"])
    for dataset in EVERY_TABLE:
        without_numbers = written.table(dataset).drop_columns(["coo_id", "coa_id"] if dataset != "flows" else [])
        assert without_numbers.to_pylist() == small_world(YEAR_END).table(dataset).to_pylist(), dataset


def test_a_directory_of_tables_is_served_like_the_world_it_was_written_from(tmp_path: Path) -> None:
    import requests

    world = small_world(YEAR_END)
    answers = []
    for each in (
        world,
        World.from_directory(world.write(tmp_path / "files")),
        World.from_directory(world.write(tmp_path / "sent", door="api")),
    ):
        with Emulator(each) as emulator:
            question = {"coo_all": 1, "coa_all": 1, "limit": 500}
            answers.append(requests.get(emulator.unhcr_url + "population/", params=question, timeout=30).content)
    assert answers[0] == answers[1] == answers[2]


def test_a_table_that_was_not_renewed_can_be_taken_from_the_release_before() -> None:
    # The flows of June 2025 were still those of mid-2024, row for row.
    world = small_world(NEXT_YEAR_END).taking(small_world(MID_YEAR), "flows")
    assert world.table("flows") == small_world(MID_YEAR).table("flows") != small_world(NEXT_YEAR_END).table("flows")
    assert world.table("population") == small_world(NEXT_YEAR_END).table("population")


def test_a_world_can_lack_a_table(tmp_path: Path) -> None:
    world = small_world(YEAR_END).without("flows")
    assert "flows" not in world.datasets
    with pytest.raises(KeyError, match="has no table flows"):
        world.table("flows")


# --- altered copies ---------------------------------------------------------------------------------------------------


def altered(alteration: alterations.Alteration, dataset: str = "population") -> pa.Table:
    return small_world(YEAR_END).altered(dataset, alteration).table(dataset)


def rows_of(table: pa.Table) -> Rows:
    found: Rows = table.to_pylist()
    return found


@pytest.fixture(scope="module")
def before() -> Rows:
    return rows_of(small_world(YEAR_END).table("population"))


def test_an_altered_copy_leaves_the_world_as_it_was(before: Rows) -> None:
    world = small_world(YEAR_END)
    copy = world.altered("population", alterations.withdrawn("year = 2020")).named("2024-07-01")
    assert copy.table("population").num_rows < world.table("population").num_rows == len(before)
    assert (copy.name, world.name) == ("2024-07-01", YEAR_END)


def test_a_value_can_be_revised(before: Rows) -> None:
    after = rows_of(altered(alterations.revised("refugees", "refugees + 7", "coo = 'SYR' and year = 2020")))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed and all(new == old | {"refugees": old["refugees"] + 7} for old, new in changed)
    assert {(new["coo"], new["year"]) for _, new in changed} == {("SYR", 2020)}


def test_rows_can_be_withdrawn_and_keep_their_order(before: Rows) -> None:
    after = rows_of(altered(alterations.withdrawn("coo_iso = 'PSE'")))
    assert after == [row for row in before if row["coo_iso"] != "PSE"]


def test_years_can_be_left_out(before: Rows) -> None:
    assert rows_of(altered(alterations.without_year())) == [row for row in before if row["year"] != 2022]
    assert rows_of(altered(alterations.without_year(2015))) == [row for row in before if row["year"] != 2015]
    assert rows_of(altered(alterations.cut_to_last_year())) == [row for row in before if row["year"] == 2023]


@pytest.mark.parametrize("column", ["refugees", "asylum_seekers"])
def test_a_good_fifth_of_rows_gone_is_a_good_fifth_of_every_year_and_indicator(column: str) -> None:
    world = small_world(YEAR_END)
    fewer = world.altered("population", alterations.rows_gone())
    before, after = (Counter(key[0] for key in facts(each, "population", column)) for each in (world, fewer))
    for year, count in before.items():
        assert count - after[year] >= 30, year
        assert 0.20 < (count - after[year]) / count < 0.25, year


def test_rows_can_stand_twice(before: Rows) -> None:
    after = rows_of(altered(alterations.repeated(rows=25)))
    keys = Counter((row["year"], row["coo"], row["coa"]) for row in after)
    assert Counter(keys.values()) == {1: len(before) - 25, 2: 25}
    same = Counter(map(repr, rows_of(altered(alterations.repeated(rows=25, differing=False)))))
    assert Counter(same.values()) == {1: len(before) - 25, 2: 25}


def test_a_mid_year_can_be_added(before: Rows) -> None:
    after = rows_of(altered(alterations.mid_year(0.5)))
    assert after[: len(before)] == before
    added, last = after[len(before) :], [row for row in before if row["year"] == 2023]
    assert [(row["year"], row["coo"], row["coa"]) for row in added] == [(2024, row["coo"], row["coa"]) for row in last]
    assert all(abs(new["refugees"] - old["refugees"] / 2) <= 0.5 for new, old in zip(added, last, strict=True))
    assert all((new["oip"] is None) == (old["oip"] is None) for new, old in zip(added, last, strict=True))


def test_counts_can_be_multiplied(before: Rows) -> None:
    after = rows_of(altered(alterations.times(10, "year = 2021")))
    for old, new in zip(before, after, strict=True):
        assert new["refugees"] == old["refugees"] * (10 if old["year"] == 2021 else 1)


def test_people_can_be_shifted_so_that_no_count_and_no_sum_shows_it(before: Rows) -> None:
    after = rows_of(altered(alterations.shifted("refugees", 500)))
    differences = [new["refugees"] - old["refugees"] for old, new in zip(before, after, strict=True)]
    assert sorted(filter(None, differences)) == [-500, 500]


def test_alterations_add_up(before: Rows) -> None:
    several = alterations.both(
        alterations.negative_counts(400), alterations.times(10), alterations.column_renamed("ooc")
    )
    after = rows_of(altered(several))
    for old, new in zip(before[-300:], after[-300:], strict=True):
        assert (new["refugees"], new["people"]) == (-10 * old["refugees"], -10 * old["ooc"])
