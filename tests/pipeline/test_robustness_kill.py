"""A build killed at a random moment breaks nothing that was published, and the next one works and tidies up.

`make torture` kills fifty; here are five, one of them the first build of its place.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from displacement.build import builds
from tests.torture import checks
from tests.torture.kills import open_lane, survive
from tests.torture.places import settings_of
from tests.torture.processes import Place

SEEDS = (0, 3, 1, 7, 2)
"""The very first build; two changes to the disk in the last part of a build; a moment in it; a change anywhere."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_builds_killed_at_random_moments_leave_public_whole_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    def some(number: int) -> list[str]:
        lane = open_lane(tmp_path / str(number))
        return [survive(lane, seed) for seed in SEEDS[number::2]]

    with ThreadPoolExecutor(2) as pool:
        lines = [line for lines in pool.map(some, range(2)) for line in lines]
    assert len(lines) == len(SEEDS)


def _ended() -> int:
    """Return the number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


LEFT = (
    "var/models/.figures.parquet.{}.partial",
    "var/models/.displacement.duckdb.{}.partial",
    "var/models/.displacement.duckdb.{}.partial.wal",
    "var/quality/.ledger.json.{}.partial",
    ".public.{}.partial",
)


def _leave(place: Place, process: int) -> list[Path]:
    paths = [place.root / name.format(process) for name in LEFT]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    return paths


def test_everything_a_killed_process_leaves_is_removed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    _leave(place, _ended())
    (place.home / "builds" / "20260101T000000Z-00000000.partial" / "data").mkdir(parents=True)
    builds.tidy(settings_of(place))
    assert checks.half_made(place) == []


def test_what_a_living_process_is_writing_stays(tmp_path: Path) -> None:
    place = Place(tmp_path)
    writing = [path for path in _leave(place, os.getpid()) if place.home in path.parents]
    _leave(place, _ended())
    builds.tidy(settings_of(place))
    assert checks.half_made(place) == sorted(writing)
