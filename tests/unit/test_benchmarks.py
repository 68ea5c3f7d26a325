"""What CI makes of a ratio: noise passes, what is really slower fails, and so do results that differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

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
