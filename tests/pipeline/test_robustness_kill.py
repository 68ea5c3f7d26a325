"""A build killed at a random moment breaks nothing that was published, and the next one works and tidies up.

`make torture` kills fifty; here are three, one of them the first build of its place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.kills import open_lane, survive

SEEDS = (0, 3, 1)
"""The very first build; a change to the disk in the last part of a build; a moment in it."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_builds_killed_at_random_moments_leave_public_whole_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    lane = open_lane(tmp_path / "lane")
    assert all("killed" in survive(lane, seed) for seed in SEEDS)
