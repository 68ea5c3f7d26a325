"""What CI makes of a ratio: noise passes, what is really slower fails, and so do results that differ."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measure import Command, run
from benchmarks.rows import Row, Trial
from benchmarks.short import key_of, worse

ROW = Row("six marts", "pandas", 1.0, 1.0, None, 0.0, same=True, cpu_ratio=1.0)
TRIAL = Trial(Path(), 1, 1)


class Measured:
    """Stands for a group: gives a ratio after the other, and counts how often it was asked."""

    def __init__(self, *ratios: float, same: bool = True) -> None:
        self.ratios, self.same, self.asked = ratios, same, 0

    def __call__(self, trial: Trial) -> Iterator[Row]:
        self.asked += 1
        yield replace(ROW, cpu_ratio=self.ratios[self.asked - 1], same=self.same)
        yield replace(ROW, what="opening", cpu_ratio=None)


def test_a_ratio_within_half_of_what_is_recorded_passes_at_once() -> None:
    group = Measured(1.45)
    assert worse(group, TRIAL, {key_of(ROW): 1.0}) == []
    assert group.asked == 1


def test_a_ratio_that_is_worse_once_and_well_again_was_noise() -> None:
    group = Measured(4.0, 1.1)
    assert worse(group, TRIAL, {key_of(ROW): 1.0}) == []
    assert group.asked == 2


def test_a_ratio_that_is_worse_three_times_fails_and_says_by_how_much() -> None:
    group = Measured(2.0, 1.8, 1.6)
    (sentence,) = worse(group, TRIAL, {key_of(ROW): 1.0})
    assert "six marts / pandas: 1.60 times" in sentence and "recorded 1.00" in sentence
    assert group.asked == 3


def test_results_that_differ_fail_however_fast_they_came() -> None:
    assert worse(Measured(0.1, same=False), TRIAL, {key_of(ROW): 1.0}) == ["six marts / pandas: the results differ."]


def test_what_was_never_recorded_holds_nothing_up() -> None:
    assert worse(Measured(9.0), TRIAL, {}) == []


HOLD = "import time; held = bytearray({bytes}); time.sleep({seconds})"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process holds at a time")
def test_the_memory_of_a_small_process_is_its_own_and_not_that_of_who_started_it() -> None:
    """Queries were said to hold 1,777 MB: what the benchmark itself held after it had compared tables."""
    ours = bytearray(300_000_000)
    ours[::4096] = b"x" * len(ours[::4096])
    small = run(Command([sys.executable, "-c", HOLD.format(bytes=0, seconds=0.5)], os.environ))
    large = run(Command([sys.executable, "-c", HOLD.format(bytes=200_000_000, seconds=0.5)], os.environ))
    assert small.peak_bytes < 100_000_000
    assert 200_000_000 < large.peak_bytes < 300_000_000
    assert len(ours) == 300_000_000
