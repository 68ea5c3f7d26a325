"""A fetch that is killed at any moment leaves what it had done whole, and the next goes on from there."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from displacement.sources.landing import Landing, read_records
from displacement.sources.unhcr import UNHCR
from tests.emulator import Emulator, faults, small_world
from tests.unit.sources_places import Place, rows_of

DATASETS = ("solutions", "unrwa", "idmc")
SEEDS = range(int(os.environ.get("FETCHES", "5")))
"""Fetches that are killed, three times each; `make torture` kills fifty."""

PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from displacement.settings import Addresses, Settings
from displacement.sources.fetch import capture
from displacement.sources.unhcr import UNHCR
from tests.unit.sources_places import QUICK

UNHCR.page_rows = 200
home = Path(sys.argv[1])
addresses = Addresses(unhcr=sys.argv[2])
capture(Settings(home, home), addresses=addresses, release=date(2024, 6, 14), datasets=sys.argv[3:], limits=QUICK)
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def expected(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emulator.world.write(tmp_path_factory.mktemp("expected"), "api")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fetch_killed_at_any_moment_leaves_nothing_half_made_and_is_gone_on_with(
    emulator: Emulator, tmp_path: Path, root: Path, seed: int, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UNHCR, "page_rows", 200)
    emulator.mend()
    emulator.break_("*", faults.slow_start(seconds=0.02))  # or most of the work would be done before the first kill
    place = Place(tmp_path / "home", emulator)
    chance = random.Random(seed)
    program = [sys.executable, "-c", PROGRAM, str(place.home), emulator.unhcr_url, *DATASETS]
    for _ in range(3):
        kill_after(program, place, chance.randint(0, 6), chance.uniform(0, 0.05), root)
        nothing_is_half_made(place, expected)
    landed = landed_pages(place)
    emulator.requests.clear()
    capture = place.capture(*DATASETS)
    for dataset in DATASETS:
        table = capture.table(dataset)
        assert table is not None
        assert table.stopped is None
        assert rows_of(place.directory / f"{dataset}.parquet") == rows_of(expected / f"{dataset}.parquet")
    again = [r.page for r in emulator.requests.of("solutions") if "coo_all" in r.parameters and not r.is_probe]
    assert not landed & set(again), "pages that had landed were fetched again"
    assert not place.unfinished()


def kill_after(program: list[str], place: Place, pages: int, seconds: float, root: Path) -> None:
    """Begin a fetch in a process of its own, and kill it some time after so many more pages have landed."""
    before = number_of_pages(place)
    with subprocess.Popen(program, cwd=root, env=os.environ | {"PYTHONPATH": "."}) as process:
        while process.poll() is None and number_of_pages(place) < before + pages:
            time.sleep(0.002)
        time.sleep(seconds)
        process.kill()


def number_of_pages(place: Place) -> int:
    return len(list(place.landing.glob("pages/*/*.json.gz")))


def nothing_is_half_made(place: Place, expected: Path) -> None:
    """Hold everything under its final name against what it should be."""
    landing = Landing(place.home)
    for page in place.landing.glob("pages/*/*.json.gz"):
        assert landing.read(page.name.removesuffix(".json.gz")) is not None, page
    for path in place.landing.rglob("*.json"):
        if not path.name.startswith("."):
            json.loads(path.read_text(encoding="utf-8"))
    for dataset in read_records(place.directory):
        assert rows_of(place.directory / f"{dataset}.parquet") == rows_of(expected / f"{dataset}.parquet")


def landed_pages(place: Place) -> set[int]:
    """Return the numbers of the pages of solutions that the journal knows."""
    journal = place.landing / "journal" / "solutions"
    return {int(path.stem.removeprefix("page-")) for path in journal.glob("page-*.json")}
