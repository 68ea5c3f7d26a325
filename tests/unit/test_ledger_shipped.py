"""The eleven real releases that came with the program, taken in one by one: the ledger that is shipped comes out again.

The gate holds back the two that were damaged, and nothing else.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.intake.model import Reading
from displacement.ledger import bench, versions
from displacement.ledger.bench import Bench
from displacement.ledger.books import Decision, read_books
from displacement.ledger.merge import Revision
from displacement.ledger.record import write
from displacement.ledger.taking import take_in
from displacement.ledger.upgrade import shipped_readings, start_empty
from displacement.settings import Settings
from tests.shipped import SHIPPED

HELD = [
    (date(2024, 10, 18), "naturalisation", "facts_lost"),  # all of 1990-2023 gone
    (date(2026, 6, 12), "flow_refugees", "facts_lost"),  # all of 2000-2025 gone
]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Reading]:
    """Return what each release held of its indicators, as reading it gives it."""
    directory, held = tmp_path_factory.mktemp("releases"), sorted(read_books(SHIPPED).read)
    return [
        Reading(
            release,
            "directory",
            tuple(shipped_readings(SHIPPED, release, [name for day, name in held if day == release], directory)),
        )
        for release in sorted({release for release, _ in held})
    ]


def taken_in_one_go(settings: Settings, releases: list[Reading]) -> Path:
    """Take releases into an empty ledger, judged like any other; return the version written."""
    start_empty(settings)
    with versions.writing(settings) as draft, Revision(settings, draft) as revision:
        for reading in releases:
            revision.arrive(reading.datasets)
            revision.take(reading.release, reading.datasets)
        return write(revision)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["backwards", "at random"])
def test_taken_in_one_by_one_they_make_the_shipped_ledger_and_two_indicators_are_held_back(
    here: Settings, releases: list[Reading], order: str
) -> None:
    ordered = releases[::-1] if order == "backwards" else list(releases)
    if order == "at random":
        random.Random(11).shuffle(ordered)
    first = taken_in_one_go(here, ordered)
    assert [(row.release, row.indicator, row.rule) for row in read_books(first).held_back] == HELD
    with versions.writing(here) as draft, Revision(here, draft) as revision:
        for release, indicator, _ in HELD:
            revision.decide(Decision("2026-11-24", "me", release, indicator, "accepted", "as it was shipped"))
        ledger = write(revision)
    assert differences(ledger / "figures.parquet", SHIPPED / "figures.parquet") == []
    for name in ("releases.csv", "release_datasets.csv", *(["figures.parquet"] if written_by_this_duckdb() else [])):
        assert (ledger / name).read_bytes() == (SHIPPED / name).read_bytes(), name


def differences(one: Path, other: Path) -> list[tuple[object, ...]]:
    """Return rows of one ledger that are not in the other, either way."""
    sides = [f"from read_parquet('{path}')" for path in (one, other)]
    return duckdb.execute(
        f"(select * {sides[0]} except {sides[1]}) union all (select * {sides[1]} except {sides[0]}) limit 5"
    ).fetchall()


def written_by_this_duckdb() -> bool:
    """Say whether the shipped file comes from this version of DuckDB: another may write the same rows otherwise."""
    query = f"select created_by from parquet_file_metadata('{SHIPPED / 'figures.parquet'}')"
    return duckdb.__version__ in str(duckdb.execute(query).fetchall())


def test_on_top_of_the_shipped_ledger_they_change_nothing(here: Settings, releases: list[Reading]) -> None:
    for reading in releases[::5]:
        outcome = take_in(here, reading)
        assert not outcome.is_new
        assert {each.outcome for each in outcome.datasets} == {"unchanged"}
    assert versions.on_show(here) == SHIPPED and versions.versions(here) == []


def test_a_large_ledger_is_written_less_tightly_and_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a hundred times the figures the tightest compression took a quarter of a merge, for three per cent."""
    paths = {many: tmp_path / f"{many}.parquet" for many in (1_000, 1_000_000)}
    for many, path in paths.items():
        monkeypatch.setattr(bench, "MANY", many)
        with Bench(tmp_path) as made:
            made.load(SHIPPED / "figures.parquet")
            made.write(path)
    large, small = (duckdb.execute(f"from read_parquet('{path}')").to_arrow_table() for path in paths.values())
    assert large.equals(small)
    assert paths[1_000].stat().st_size > paths[1_000_000].stat().st_size
