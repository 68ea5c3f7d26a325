"""A build killed at a random moment breaks nothing that was published, and the next one works and tidies up.

`make torture` kills fifty; here are five, one of them the first build of its place.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.torture.kills import open_lane, survive

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
