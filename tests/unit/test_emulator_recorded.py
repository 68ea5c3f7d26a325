"""The emulator's answers beside those that were recorded from the publishers, where these are at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import CLIENT_ID, Emulator, real_world, small_world
from tests.unit.test_emulator import ask, rows


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world()) as served:
        yield served


@pytest.fixture(scope="module")
def real(shared: Path) -> Iterator[Emulator]:
    with Emulator(real_world("2026-06-12")) as served:
        yield served


DIFFERING = {"coo_id", "coa_id", "id"}
"""Numbers of countries are made up here."""


def recorded(shared: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "samples" / "unhcr" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def question_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the question that the row of a recorded answer answers."""
    sides = {side: row[f"{side}_iso"] for side in ("coo", "coa") if row[f"{side}_iso"] != "-"}
    return {"cf_type": "ISO", "yearFrom": row["year"], "yearTo": row["year"], "limit": 1000, **sides}


SAMPLES = {
    "population": {},
    "demographics_ptype_show": {"ptype_show": "true"},
    "asylum-applications": {},
    "asylum-decisions": {},
    "solutions": {},
    "idmc": {},
    "unrwa": {},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_rows_of_recorded_answers_come_back_key_by_key(real: Emulator, shared: Path, name: str) -> None:
    endpoint = name.split("_")[0]
    for row in recorded(shared, name)["items"]:
        found = rows(real, endpoint, **question_of(row), **SAMPLES[name])
        assert list(found[0]) == list(row)
        assert any(is_like(each, row) for each in found)


def is_like(found: dict[str, Any], recorded: dict[str, Any]) -> bool:
    """Say whether rows agree; the answers were recorded after a correction, which moved one by six people."""
    return all(
        type(value) is type(found[key]) and abs(value - found[key]) <= 1e-5 * value
        if isinstance(value, int)
        else found[key] == value
        for key, value in recorded.items()
        if key not in DIFFERING
    )


@pytest.mark.parametrize("name", [*SAMPLES, "countries", "footnotes", "empty"])
def test_envelopes_are_those_of_recorded_answers(emulator: Emulator, shared: Path, name: str) -> None:
    wanted = {key: value for key, value in recorded(shared, name).items() if key != "_provenance"}
    if name == "empty":
        found = ask(emulator, "population", coo="XYZ")
    else:
        found = ask(emulator, name.split("_")[0], **SAMPLES.get(name, {}))
    assert list(found) == list(wanted)
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in wanted.items()}


@pytest.mark.parametrize("name", ["countries", "footnotes"])
def test_rows_of_lists_have_the_keys_of_recorded_answers(emulator: Emulator, shared: Path, name: str) -> None:
    wanted = recorded(shared, name)["items"][0]
    assert list(rows(emulator, name)[0]) == list(wanted)


def test_totals_of_the_recorded_answer_come_back(real: Emulator, shared: Path) -> None:
    sample = recorded(shared, "asylum-applications")
    found = ask(real, "asylum-applications", cf_type="ISO", coa="USA", year=2015)
    assert (found["total"], found["maxPages"]) == (sample["total"], sample["maxPages"])


@pytest.mark.parametrize("name", ["gidd_conflicts_page_0", "gidd_disasters_page_0"])
def test_idmcs_rows_have_the_keys_and_kinds_of_recorded_answers(emulator: Emulator, shared: Path, name: str) -> None:
    sample = json.loads((shared / "samples" / "idmc" / f"{name}.json").read_text(encoding="utf-8"))
    endpoint = f"gidd/{name.split('_')[1]}/"
    found = requests.get(emulator.idmc_url + endpoint, params={"client_id": CLIENT_ID, "limit": 100}, timeout=10).json()
    assert list(found) == list(sample)
    assert list(found["results"][0]) == list(sample["results"][0])
    assert [type(value) for value in found["results"][0].values() if value is not None] == [
        type(value) for key, value in sample["results"][0].items() if found["results"][0][key] is not None
    ]


@pytest.mark.parametrize("release", ["2023-06-14"])
def test_a_release_that_left_iso_codes_of_the_unknown_empty_is_served_so(shared: Path, release: str) -> None:
    with Emulator(real_world(release)) as emulator:
        found = rows(emulator, "population", coo="UKN", coa="USA")
        assert {row["coo_iso"] for row in found} == {""}
        assert rows(emulator, "population", coo="UNK", coa="USA", cf_type="ISO") == found
