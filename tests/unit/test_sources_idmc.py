"""IDMC is asked with the user's key for conflict and disaster, a row a country and year; the key is kept nowhere."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from displacement.settings import Secret
from tests.emulator import Emulator, faults, small_world
from tests.emulator.idmc import displacements
from tests.unit.sources_places import QUICK, Place

TABLE = "idmc_displacements"
ENDPOINT = "gidd/displacements"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Place:
    emulator.mend()
    emulator.requests.clear()
    return Place(tmp_path / "home", emulator)


def test_every_row_of_every_page_is_captured_as_it_was_sent(place: Place) -> None:
    table = place.table(TABLE)
    assert table.stopped is None
    sent = displacements(place.emulator.world)
    columns = list(sent[0])
    with duckdb.connect() as connection:
        listed = ", ".join(columns)
        found = connection.execute(f"select {listed} from read_parquet('{table.path}')").fetchall()
    as_text = [tuple(None if row[name] is None else str(row[name]) for name in columns) for row in sent]
    assert found == as_text
    assert len(table.pages) == -(-len(sent) // 100)


@pytest.mark.parametrize(
    "fault",
    [faults.reset(times=2), faults.truncated_json(times=2)],
    ids=str,
)
def test_faults_that_pass_are_ridden_out(place: Place, fault: faults.Fault) -> None:
    place.emulator.break_(ENDPOINT, fault)
    assert place.table(TABLE).rows == len(displacements(place.emulator.world))


def test_a_key_that_is_not_accepted_is_named_and_not_shown(place: Place) -> None:
    from displacement.sources.fetch import capture

    key = "a-key-of-mine"
    addresses = replace(place.addresses, idmc_client_id=Secret(key))
    found = capture(place.settings, addresses=addresses, release=place.day, datasets=[TABLE, "unrwa"], limits=QUICK)
    table, unrwa = found.tables
    assert table.stopped == (
        "IDMC does not give the state of idmc_displacements: it answered 403, so it does not accept the key that was "
        "sent."
    )
    assert unrwa.is_whole
    for path in place.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert key.encode() not in (gzip.decompress(content) if path.suffix == ".gz" else content)


def test_no_key_no_question(place: Place) -> None:
    from displacement.sources.fetch import capture

    addresses = replace(place.addresses, idmc_client_id=None)
    capture(place.settings, addresses=addresses, release=place.day, datasets=["unrwa"], limits=QUICK)
    assert {request.endpoint for request in place.emulator.requests} == {"unrwa"}
