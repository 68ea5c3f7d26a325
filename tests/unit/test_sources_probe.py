"""A probe says with a few small questions whether there is anything new, and what."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from displacement.sources.http import read_limits
from displacement.sources.probe import probe
from tests.emulator import Emulator, World, alterations, faults, small_world
from tests.unit.sources_places import Place

WORLD = small_world()
EVERYTHING = (
    "asylum_applications", "asylum_decisions", "countries", "demographics", "denominators", "footnotes",
    "idmc", "idmc_displacements", "population", "solutions", "unrwa",
)  # fmt: skip


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield a place into which everything was captured."""
    from displacement.sources.fetch import capture_denominators

    with Emulator(WORLD) as emulator:
        place = Place(tmp_path_factory.mktemp("home"), emulator)
        place.capture()
        capture_denominators(place.settings, addresses=place.addresses, release=place.day, limits=place.limits)
        yield place


@pytest.fixture
def place(captured: Place) -> Place:
    captured.emulator.mend()
    captured.emulator.requests.clear()
    return captured


def show(place: Place, world: World) -> None:
    if place.emulator.world is not world:
        place.emulator.show(world)


def test_an_unchanged_source_is_said_to_be_unchanged_at_a_twentieth_of_the_cost(place: Place) -> None:
    show(place, WORLD)
    found = place.probe()
    assert tuple(found) == EVERYTHING
    assert {each.changed for each in found.values()} == {False}
    assert found["population"].what == "The table population is as it was captured."
    requests = place.emulator.requests
    assert len(requests) <= 2 * len(EVERYTHING)
    assert sum(request.sent for request in requests) < place.captured_bytes / 20


def test_a_correction_is_noticed_and_named_by_year_and_column(place: Place) -> None:
    altered = WORLD.altered(
        "population", alterations.revised("refugees", "refugees + 7", "coo = 'SYR' and coa = 'TUR' and year = 2021")
    )
    show(place, altered)
    found = place.probe(["population", "unrwa"])
    assert found["population"].changed is True
    assert found["population"].what.startswith("The table population has changed: refugees of 2021 ")
    (difference,) = found["population"].differences
    before, after = (
        int(part.replace(",", "")) for part in difference.removeprefix("refugees of 2021 ").split(", now ")
    )
    assert after == before + 7
    assert found["unrwa"].changed is False


def test_rows_that_go_are_noticed_even_where_they_are_zero(place: Place) -> None:
    show(place, WORLD.altered("unrwa", alterations.withdrawn("year = 2023")))
    found = place.probe(["unrwa"])["unrwa"]
    assert found.changed is True
    assert found.differences[0].endswith(f", now {68 - 5:,}") or " rows, now " in found.differences[0]
    assert any(difference.startswith("total of 2023 ") for difference in found.differences)


def test_a_shift_between_countries_escapes_the_probe(place: Place) -> None:
    """So a full fetch runs beside it now and then: this says that it has to."""
    show(place, WORLD.altered("population", alterations.shifted()))
    assert place.probe(["population"])["population"].changed is False


def test_a_publisher_who_does_not_answer_is_named_and_the_others_are_compared(place: Place) -> None:
    show(place, WORLD)
    place.emulator.break_("population", faults.refused(status=404))
    found = place.probe(["population", "unrwa"])
    assert found["population"].changed is None
    assert found["population"].what == "UNHCR does not give the number of rows of population: it answered 404."
    assert found["unrwa"].changed is False


def test_what_was_never_captured_is_new(place: Place, tmp_path: Path) -> None:
    show(place, WORLD)
    fresh = Place(tmp_path / "home", place.emulator)
    found = fresh.probe(["unrwa"])["unrwa"]
    assert (found.changed, found.what) == (True, "The table unrwa has not been captured yet.")


def test_the_newest_capture_is_what_a_probe_compares_with(place: Place, tmp_path: Path) -> None:
    old, new = WORLD, WORLD.altered("unrwa", alterations.times(2))
    first = Place(tmp_path / "home", place.emulator, date(2024, 6, 14))
    second = replace(first, day=date(2024, 6, 20))
    show(place, old)
    first.capture("unrwa")
    show(place, new)
    assert second.probe(["unrwa"])["unrwa"].changed is True
    second.capture("unrwa")
    assert second.probe(["unrwa"])["unrwa"].changed is False
    show(place, old)
    assert second.probe(["unrwa"])["unrwa"].changed is True


def test_a_publisher_who_is_silent_keeps_nobody_from_the_others_and_the_probe_ends_in_time(place: Place) -> None:
    """Dagster ends a sensor after 60 seconds: with UNHCR down, nothing was known of anybody."""
    assert read_limits().probe_seconds <= 45
    show(place, WORLD)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        addresses = replace(place.addresses, unhcr=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        limits = replace(place.limits, read_seconds=60.0, answer_seconds=60.0, probe_seconds=3.0)
        began = time.monotonic()
        found = probe(place.settings, addresses=addresses, last_year=place.day.year, limits=limits)
        assert time.monotonic() - began < 8
    known = {each.dataset for each in found if each.changed is False}
    assert known == {"denominators", "idmc_displacements"}
    assert {each.dataset for each in found} == set(EVERYTHING)
    unknown = [each.what for each in found if each.changed is None]
    assert len(unknown) == len(EVERYTHING) - 2
    assert all(what.startswith("UNHCR did not give the number of rows of ") for what in unknown)
