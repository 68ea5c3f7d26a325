"""The emulator beside its answers: its record of requests, its beginning and end, and how a person steers it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import Emulator, faults, small_world
from tests.emulator.declaring import REGISTRY


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Iterator[Emulator]:
    served.requests.clear()
    yield served
    served.mend()


def get(emulator: Emulator, endpoint: str, **parameters: str) -> requests.Response:
    return requests.get(f"{emulator.unhcr_url}{endpoint}/", params=parameters, timeout=10)


# --- the record of requests -------------------------------------------------------------------------------------------


def test_requests_are_recorded_with_what_was_asked_and_when(emulator: Emulator) -> None:
    before = time.monotonic()
    get(emulator, "population", page="3", limit="1", cooo="SYR")
    (request,) = emulator.requests
    assert (request.endpoint, request.path, request.status) == ("population", "/population/v1/population/", 200)
    assert (request.page, request.is_probe, request.parameter("cooo")) == (3, True, "SYR")
    assert before < request.began and request.headers["User-Agent"].startswith("python-requests")


def test_the_record_tells_how_many_requests_were_under_way_at_once(emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.slow_start(seconds=0.3))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: get(emulator, "unrwa"), range(4)))
    assert emulator.requests.most_at_once == 4
    emulator.requests.clear()
    get(emulator, "unrwa")
    get(emulator, "unrwa")
    assert emulator.requests.most_at_once == 1


def test_the_record_tells_the_pace(emulator: Emulator) -> None:
    for _ in range(3):
        get(emulator, "unrwa")
        time.sleep(0.1)
    assert min(emulator.requests.gaps) >= 0.1
    assert emulator.requests.most_within(0.1) == 1
    assert emulator.requests.most_within(10) == len(emulator.requests.of("unrwa")) == 3


# --- its own beginning and end ----------------------------------------------------------------------------------------


def test_it_ends_at_once_whatever_is_under_way() -> None:
    begun = threading.Event()
    with Emulator(small_world()) as emulator:
        emulator.break_("unrwa", faults.slow_start(seconds=60))
        idle = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])))

        def wait() -> None:
            begun.set()
            with pytest.raises(requests.exceptions.ConnectionError):
                get(emulator, "unrwa")

        waiting = threading.Thread(target=wait)
        waiting.start()
        begun.wait()
        while not emulator.requests:
            time.sleep(0.01)
        ending = time.monotonic()
    assert time.monotonic() - ending < 5
    waiting.join()
    idle.close()


def test_a_failure_of_its_own_is_not_taken_for_a_fault() -> None:
    with pytest.raises(AssertionError, match="The emulator itself failed"), Emulator(small_world()) as emulator:
        emulator.show(small_world().without("unrwa"))
        with pytest.raises(requests.exceptions.ConnectionError):
            get(emulator, "unrwa")


# --- steering it by hand ----------------------------------------------------------------------------------------------


def steer(emulator: Emulator, path: str) -> Any:
    return requests.get(f"{emulator.url}/-/{path}", timeout=10).json()


def test_a_person_can_break_and_mend_it_while_it_runs(emulator: Emulator) -> None:
    state = steer(emulator, "fault?endpoint=population&name=server_error&times=2&status=503")
    assert state["faults"] == [{"endpoint": "population", "fault": "server_error, times=2, status=503", "seen": 0}]
    assert [get(emulator, "population").status_code for _ in range(3)] == [503, 503, 200]
    assert steer(emulator, "clear")["faults"] == []


def test_a_person_can_show_another_release(emulator: Emulator) -> None:
    try:
        assert steer(emulator, "release?date=2031-06-12")["release"] == "2031-06-12"
        assert get(emulator, "population").json()["items"][-1]["year"] == 2030
    finally:
        emulator.show(small_world())


def test_what_a_person_asks_wrongly_is_said(emulator: Emulator) -> None:
    assert "There is no fault flood" in steer(emulator, "fault?name=flood")["error"]
    assert "soon" in steer(emulator, "release?date=soon")["error"]
    assert "There is no /-/stop" in steer(emulator, "stop")["error"]


def test_the_page_lists_faults_and_requests_but_is_not_among_them(emulator: Emulator) -> None:
    get(emulator, "unrwa")
    page = requests.get(f"{emulator.url}/-/", timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert all(name in page.text for name in REGISTRY)
    assert [request["endpoint"] for request in steer(emulator, "requests")] == ["unrwa"]
    assert {fault["name"] for fault in steer(emulator, "faults")} == set(REGISTRY)


def test_it_can_be_started_by_hand(root: Path) -> None:
    command = [sys.executable, "-m", "tests.emulator", "--release", "2024-10-21", "--port", "0"]
    command += ["--fault", "population:server_error,status=503,times=1"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        exported = {}
        try:
            for line in process.stdout:
                if line.startswith("export "):
                    name, _, value = line.removeprefix("export ").strip().partition("=")
                    exported[name] = value
                if len(exported) == 4:
                    break
            assert set(exported) == set(SERVED_ADDRESSES)
            address = exported["DISPLACEMENT_UNHCR_URL"] + "population/"
            assert [requests.get(address, timeout=30).status_code for _ in range(2)] == [503, 200]
        finally:
            process.kill()


SERVED_ADDRESSES = (
    "DISPLACEMENT_UNHCR_URL",
    "DISPLACEMENT_WORLD_BANK_URL",
    "DISPLACEMENT_IDMC_URL",
    "IDMC_CLIENT_ID",
)


@pytest.mark.parametrize("arguments", [["--fault", "html"], ["--fault", "population:flood"], ["--release", "soon"]])
def test_started_wrongly_it_says_so(root: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.emulator", *arguments], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr
