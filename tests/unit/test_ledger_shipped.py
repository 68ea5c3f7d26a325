"""The eleven shipped releases, added to an empty ledger like any other: the shipped ledger comes out again."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.ledger import derive, holds
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.ledger.inputs import read_subjects
from displacement.ledger.readings import write
from displacement.settings import Settings
from tests.shipped import SHIPPED, shipped_release, shipped_releases

HELD = {
    (date(2024, 10, 18), "naturalisation"),  # all of 1990-2023 gone
    (date(2026, 6, 12), "flow_refugees"),  # all of 2000-2025 gone
}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_added_in_any_order_they_make_the_shipped_ledger_and_two_indicators_are_held_back(
    here: Settings, tmp_path: Path
) -> None:
    start_empty(here)
    indicators: dict[str, list[str]] = {}
    for code, subject in read_subjects(SHIPPED).items():
        indicators.setdefault(subject.dataset, []).append(code)
    for day in random.Random(11).sample(shipped_releases(), 11):
        write(here.ledger_home, day, shipped_release(day, tmp_path).datasets, indicators)
        if day.month == 10:
            derive.current(here)
    assert {(row.release, row.indicator) for row in holds.held_back(here)} == HELD
    for release, indicator in sorted(HELD):
        holds.accept(here, release, indicator, "as it was shipped")
    ledger = derive.current(here)
    one, other = (f"from read_parquet('{directory / 'figures.parquet'}')" for directory in (ledger, SHIPPED))
    assert duckdb.execute(f"({one} except all {other}) union all ({other} except all {one}) limit 5").fetchall() == []
    for name in ("releases.csv", "release_datasets.csv"):
        assert (ledger / name).read_bytes() == (SHIPPED / name).read_bytes(), name


def test_on_top_of_the_shipped_ledger_they_change_nothing(here: Settings, tmp_path: Path) -> None:
    for day in shipped_releases()[::5]:
        report = add(here, shipped_release(day, tmp_path))
        assert not report.is_new
        assert {each.outcome for each in report.datasets} == {"unchanged"}
    assert derive.current(here) == SHIPPED and not here.ledger_home.exists()
