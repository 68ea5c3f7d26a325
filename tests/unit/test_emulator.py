"""The emulator answers as the publishers do, quirks included, and fails as it is told to.

Recorded answers are in test_emulator_recorded.py; that each fault reaches the client is shown by the tests of fetching
and intake that use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import CLIENT_ID, Emulator, faults, small_world
from tests.emulator.declaring import REGISTRY
from tests.emulator.layouts import DATA

EVERYTHING = {"coo_all": "true", "coa_all": "true", "limit": 20_000}
SHOWN = {"ptype_show": 1, "locationDescription_show": 1, "locationUR_show": 1, "locationAccType_show": 1}
IDENTITY = ["coo_id", "coo_name", "coo", "coo_iso", "coa_id", "coa_name", "coa", "coa_iso"]
NEWEST = 2023
"""The newest year of the world that is served."""


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(small_world("2024-06-14")) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Iterator[Emulator]:
    served.requests.clear()
    yield served
    served.mend()


def ask(emulator: Emulator, endpoint: str, **parameters: Any) -> dict[str, Any]:
    answer = requests.get(f"{emulator.unhcr_url}{endpoint}/", params=parameters, timeout=60)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def rows(emulator: Emulator, endpoint: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(emulator, endpoint, **parameters)["items"]
    return found


def number(value: Any) -> int:
    return 0 if value == "-" else int(value)


# --- answers ----------------------------------------------------------------------------------------------------------


def test_the_tables_of_the_world_are_served_to_the_last_value(emulator: Emulator) -> None:
    for dataset, layout in DATA.items():
        table = small_world().table(dataset)
        sent = [
            tuple(row[name] for name in table.column_names)
            for row in rows(emulator, layout.endpoint, **EVERYTHING, **SHOWN)
        ]
        here = [
            tuple("-" if value is None else "0" if value == 0 else value for value in row.values())
            for row in table.to_pylist()
        ]
        assert sent == here, dataset


def test_what_is_not_understood_is_ignored_and_summed_over(emulator: Emulator) -> None:
    """The interface answers a misspelt question with world totals and status 200: why fetches check identities."""
    world = ask(emulator, "population")["items"]
    for misspelt in ({"cooo": "SYR"}, {"yearFrom": NEWEST}, {"yearTo": 2000}):
        assert rows(emulator, "population", **misspelt) == world
    every = rows(emulator, "population", year=NEWEST, **EVERYTHING)
    (total,) = rows(emulator, "population", year=NEWEST)
    assert [total[column] for column in IDENTITY] == ["-"] * 8
    assert number(total["refugees"]) == sum(number(row["refugees"]) for row in every)
    assert [row["year"] for row in rows(emulator, "population", **{"year[]": [2010, 2012]})] == [2010, 2012]
    assert [row["year"] for row in rows(emulator, "population", year="2010,2012")] == [2010]


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"coa": "AUS"}, {"Austria"}),
        ({"coa": "AUS", "cf_type": "ISO"}, {"Australia"}),
        ({"coa": "DEU"}, set()),
        ({"coa": "AUS,DEU", "cf_type": "ISO"}, {"Australia", "Germany"}),
    ],
)
def test_codes_are_the_publishers_own_unless_iso_is_asked_for(
    emulator: Emulator, asked: dict[str, str], places: set[str]
) -> None:
    assert {row["coa_name"] for row in rows(emulator, "population", **asked)} == places


def test_pages_make_up_the_table_and_end_with_empty_ones(emulator: Emulator) -> None:
    count = ask(emulator, "population", coo_all=1, coa_all=1, limit=1)["maxPages"]
    pages = [ask(emulator, "population", page=page, coo_all=1, coa_all=1, limit=700) for page in range(1, 12)]
    put_together = [row for page in pages for row in page["items"]]
    assert put_together == rows(emulator, "population", **EVERYTHING)
    assert (len(put_together), {page["maxPages"] for page in pages}) == (count, {-(-count // 700)})
    assert [row["year"] for row in put_together] == sorted(row["year"] for row in put_together)
    assert pages[10]["items"] == []
    assert ask(emulator, "population", coo="XYZ")["maxPages"] == 0


def test_the_world_bank_answers_newest_first_with_aggregates_and_200_to_a_wrong_question(emulator: Emulator) -> None:
    address = emulator.world_bank_url + "country/all/indicator/"
    question: dict[str, Any] = {"format": "json", "date": "2019:2021", "per_page": 20_000}
    head, found = requests.get(f"{address}SP.POP.TOTL", params=question, timeout=10).json()
    assert len(found) == head["total"] and [row["date"] for row in found[:3]] == ["2021", "2020", "2019"]
    assert {"WLD", "AFE", ""} < {row["countryiso3code"] for row in found}
    wrong = requests.get(f"{address}NONE?format=json", timeout=10)
    assert (wrong.status_code, wrong.json()[0]["message"][0]["id"]) == (200, "120")


def test_idmc_wants_a_key_and_repeats_it_in_the_addresses_of_other_pages(emulator: Emulator) -> None:
    address: str | None = f"{emulator.idmc_url}gidd/conflicts/?client_id={CLIENT_ID}&format=json&limit=70"
    found: list[dict[str, Any]] = []
    while address:
        page = requests.get(address, timeout=10).json()
        found += page["results"]
        address = page["next"]
        assert address is None or f"client_id={CLIENT_ID}" in address
    assert len(found) == page["count"] > 140
    assert requests.get(emulator.idmc_url + "gidd/conflicts/", params={"client_id": "x"}, timeout=10).status_code == 403
    here = {(row["coo_iso"], row["year"]): row["total"] for row in rows(emulator, "idmc", **EVERYTHING)}
    assert {(row["iso3"], row["year"]): row["total_displacement"] for row in found} == {
        key: total for key, total in here.items() if key[0] != "UNK"
    }


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "struck"),
    [
        ({}, "111111"),
        ({"after": 1, "times": 3}, "011100"),
        ({"every": 2}, "101010"),
        ({"every": 3, "times": 1, "after": 1}, "010000"),
    ],
)
def test_a_fault_strikes_the_requests_it_was_told_to(emulator: Emulator, told: dict[str, int], struck: str) -> None:
    emulator.break_("unrwa", faults.server_error(**told))
    answers = [requests.get(f"{emulator.unhcr_url}unrwa/", timeout=10).status_code for _ in range(6)]
    assert "".join("01"[status == 500] for status in answers) == struck
    assert ask(emulator, "idmc")["items"]
    emulator.mend("unrwa")
    assert ask(emulator, "unrwa")["items"]


def test_every_fault_is_in_the_readme_and_used_by_a_test_of_the_fetch_or_of_intake(root: Path) -> None:
    readme = (root / "tests" / "emulator" / "README.md").read_text(encoding="utf-8")
    using = [*(root / "tests/unit").glob("test_sources_*.py"), *(root / "tests/unit").glob("test_intake_*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in using)
    for declaration in REGISTRY.values():
        assert f"| `{declaration.name}` | {declaration.says} |" in readme, declaration.name
        assert re.search(rf"\b{declaration.name}\b", text), f"no test uses {declaration.name}"
        assert faults.named(declaration.example).name == declaration.name


def test_a_failure_of_its_own_is_not_taken_for_a_fault() -> None:
    with pytest.raises(AssertionError, match="The emulator itself failed"), Emulator(small_world()) as broken:
        broken.show(small_world().without("unrwa"))
        with pytest.raises(requests.exceptions.ConnectionError):
            ask(broken, "unrwa")


def test_a_fault_that_does_not_exist_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"There is no fault flood\. Faults: .*server_error"):
        faults.named("flood")


# --- worlds -----------------------------------------------------------------------------------------------------------


def test_the_invented_world_is_coherent_and_each_release_revises_the_one_before() -> None:
    first, second = small_world("2024-06-14"), small_world("2024-10-21")
    people = {(row["year"], row["coo"], row["coa"]): row for row in first.table("population").to_pylist()}
    later = {(row["year"], row["coo"], row["coa"]): row for row in second.table("population").to_pylist()}
    assert len(people) == first.table("population").num_rows
    assert {year for year, _, _ in later} - {year for year, _, _ in people} == {NEWEST + 1}
    revised = [key for key in people if key in later and people[key]["refugees"] != later[key]["refugees"]]
    assert 0 < len(revised) < len(people) / 10 and len(set(people) - set(later)) < len(people) / 10
    for row in first.table("asylum_decisions").to_pylist():
        parts = ("dec_recognized", "dec_other", "dec_rejected", "dec_closed")
        assert row["dec_total"] == sum(row[part] or 0 for part in parts)
