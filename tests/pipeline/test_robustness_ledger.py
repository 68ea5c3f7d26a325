"""A merge killed at a random moment leaves the old ledger or the new one, and the next merge goes on and tidies up.

`make torture` kills many more, with all facts; here are five seeds with few facts, three releases each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real_releases import Once
from tests.shipped import small
from tests.torture.ledger import Course, course, survive


@pytest.fixture(scope="module")
def few(once: Once) -> Course:
    made: Course = once("course", lambda root: course(root, small(root / "data")))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_merges_killed_at_random_moments_leave_the_old_ledger_or_the_new_one(
    few: Course, tmp_path: Path, seed: int
) -> None:
    assert "merges killed" in survive(few, tmp_path, seed)
