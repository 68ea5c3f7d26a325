"""Faults of tables reach the client: columns, codes, years, rows and counts that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.emulator import Emulator, faults, small_world
from tests.emulator.declaring import REGISTRY, Fault

EVERYTHING = {"coo_all": "1", "coa_all": "1", "limit": "20000"}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Iterator[Emulator]:
    yield served
    served.mend()


def rows(emulator: Emulator) -> Rows:
    found: Rows = requests.get(f"{emulator.unhcr_url}population/", params=EVERYTHING, timeout=10).json()["items"]
    return found


def last(found: Rows) -> dict[str, Any]:
    return found[-1]


TABLES: dict[str, tuple[Callable[[], Fault], Callable[[Rows, Rows], object]]] = {
    "column_renamed": (
        lambda: faults.column_renamed("refugees", "people"),
        lambda old, new: [{"people": row.pop("refugees"), **row} for row in old] == new,
    ),
    "column_added": (
        lambda: faults.column_added("note"),
        lambda old, new: [{**row, "note": 7} for row in old] == new,
    ),
    "column_dropped": (
        lambda: faults.column_dropped("hst"),
        lambda old, new: [row for row in old if row.pop("hst")] == new,
    ),
    "names_as_iso": (
        lambda: faults.names_as_iso(),
        lambda old, new: [{**row, "coo_iso": row["coo_name"], "coa_iso": row["coa_name"]} for row in old] == new,
    ),
    "empty_iso": (
        lambda: faults.empty_iso("UKN"),
        lambda old, new: [{**row, "coo_iso": "" if row["coo"] == "UKN" else row["coo_iso"]} for row in old] == new,
    ),
    "unknown_codes": (
        lambda: faults.unknown_codes(rows=3),
        lambda old, new: old[:-3] == new[:-3] and [row["coo"] for row in new[-3:]] == ["QQQ"] * 3,
    ),
    "year_missing": (
        lambda: faults.year_missing(year=2020),
        lambda old, new: [row for row in old if row["year"] != 2020] == new,
    ),
    "cut_to_last_year": (
        lambda: faults.cut_to_last_year(),
        lambda old, new: [row for row in old if row["year"] == 2023] == new,
    ),
    "rows_gone": (
        lambda: faults.rows_gone(),
        lambda old, new: 0.20 < 1 - len(new) / len(old) < 0.24 and all(row in old for row in new[::50]),
    ),
    "repeated_rows": (
        lambda: faults.repeated_rows(rows=2),
        lambda old, new: len(new) == len(old) + 2 and keys(new[-4:])[::2] == keys(new[-4:])[1::2],
    ),
    "times_ten": (
        lambda: faults.times_ten(),
        lambda old, new: [10 * int(row["refugees"]) for row in old] == [int(row["refugees"]) for row in new],
    ),
    "shifted": (
        lambda: faults.shifted(people=1000),
        lambda old, new: (
            sorted({int(b["refugees"]) - int(a["refugees"]) for a, b in zip(old, new, strict=True)}) == [-1000, 0, 1000]
        ),
    ),
    "negative_counts": (
        lambda: faults.negative_counts(rows=1),
        lambda old, new: last(new)["asylum_seekers"] == -last(old)["asylum_seekers"] and old[:-1] == new[:-1],
    ),
    "fractional_counts": (
        lambda: faults.fractional_counts(rows=1),
        lambda old, new: last(new)["asylum_seekers"] == last(old)["asylum_seekers"] + 0.5 and old[:-1] == new[:-1],
    ),
    "words_in_counts": (
        lambda: faults.words_in_counts(rows=1, word="about 100"),
        lambda old, new: last(new)["asylum_seekers"] == "about 100" and old[:-1] == new[:-1],
    ),
    "mid_year": (
        lambda: faults.mid_year(),
        lambda old, new: new[: len(old)] == old and {row["year"] for row in new[len(old) :]} == {2024},
    ),
}


def keys(found: Rows) -> list[tuple[Any, ...]]:
    return [(row["year"], row["coo"], row["coa"]) for row in found]


@pytest.mark.parametrize("name", TABLES)
def test_faults_of_tables_reach_the_client(emulator: Emulator, name: str) -> None:
    fault, holds = TABLES[name]
    before = rows(emulator)
    emulator.break_("population", fault())
    after = rows(emulator)
    assert json.dumps(before) != json.dumps(after)
    assert holds(before, after)


@pytest.mark.parametrize("name", sorted(name for name, each in REGISTRY.items() if each.place == "table"))
def test_faults_of_tables_can_be_put_to_work_everywhere(emulator: Emulator, name: str) -> None:
    emulator.break_("*", REGISTRY[name].make())
    for endpoint in ("asylum-decisions", "idmc", "countries"):
        question = {**EVERYTHING, "limit": "5"}
        found = requests.get(f"{emulator.unhcr_url}{endpoint}/", params=question, timeout=10)
        assert found.status_code == 200, (endpoint, found.text)
        assert found.json()["items"], endpoint
