"""The emulator answers as the publishers do, and fails as it is told: seen from the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.emulator import Emulator, faults, small_world


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Iterator[Emulator]:
    served.mend()
    served.requests.clear()
    yield served
    served.mend()


def test_a_fault_passes_after_the_requests_it_was_given(emulator: Emulator) -> None:
    emulator.break_("population", faults.too_many_requests(times=2, retry_after=1))
    answers = [requests.get(emulator.unhcr_url + "population/", timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[2].json()["items"]
