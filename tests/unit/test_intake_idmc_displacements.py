"""IDMC's own tables become figures of their own: conflict and disaster, stocks and movements, each year as it ended."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.intake.model import DatasetReading
from displacement.intake.reading import ReadingContext, read_release
from displacement.settings import Settings
from displacement.sources.release import Capture, CapturedTable

COUNTS = (
    "conflict_new_displacement",
    "conflict_total_displacement",
    "disaster_new_displacement",
    "disaster_total_displacement",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", public=tmp_path / "public")


def read(settings: Settings, tmp_path: Path, rows: list[tuple[Any, ...]], release: date) -> DatasetReading:
    """Read rows of ISO code, year and the four counts as a captured table."""
    lines = [
        (iso3, iso3, str(year), *(None if count is None else str(count) for count in counts))
        for iso3, year, *counts in rows
    ]
    columns = ("iso3", "country_name", "year", *COUNTS, *(f"{name}_rounded" for name in COUNTS))
    values = ", ".join(
        f"({', '.join('null' if cell is None else repr(cell) for cell in (*line, *line[3:]))})" for line in lines
    )
    path = tmp_path / "idmc_displacements.parquet"
    with duckdb.connect() as connection:
        typed = ", ".join(f"{name}::varchar as {name}" for name in columns)
        connection.execute(
            f"copy (select {typed} from (values {values}) as t({', '.join(columns)})) to '{path}' (format parquet)"
        )
    capture = Capture(release, "api", tmp_path, (CapturedTable("idmc_displacements", path, len(rows)),))
    reading = read_release(capture, ReadingContext(settings)).dataset("idmc_displacements")
    assert reading is not None
    return reading


def facts(reading: DatasetReading) -> set[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return set(connection.execute(f"from read_parquet('{reading.facts}')").fetchall())


def test_each_count_is_an_indicator_of_its_own(settings: Settings, tmp_path: Path) -> None:
    reading = read(settings, tmp_path, [("DEU", 2024, 5, None, 700, 0), ("SYR", 2024, 1, 2, 3, 4)], date(2026, 6, 12))
    assert reading.stopped is None
    day = date(2024, 12, 31)
    assert facts(reading) == {
        ("idmc_conflict_new_displacements", day, "DEU", "DEU", 5),
        ("idmc_disaster_new_displacements", day, "DEU", "DEU", 700),
        ("idmc_conflict_new_displacements", day, "SYR", "SYR", 1),
        ("idmc_conflict_idps", day, "SYR", "SYR", 2),
        ("idmc_disaster_new_displacements", day, "SYR", "SYR", 3),
        ("idmc_disaster_idps", day, "SYR", "SYR", 4),
    }


def test_what_idmc_counts_apart_and_the_figures_do_not_is_counted_together(settings: Settings, tmp_path: Path) -> None:
    reading = read(settings, tmp_path, [("SRB", 2024, 0, 10, 0, 0), ("XKX", 2024, 0, 5, 0, 0)], date(2026, 6, 12))
    assert reading.stopped is None
    assert facts(reading) == {("idmc_conflict_idps", date(2024, 12, 31), "SRB", "SRB", 15)}


def test_a_release_of_may_holds_the_year_before_as_it_ended(settings: Settings, tmp_path: Path) -> None:
    """Before June the tables of UNHCR hold the middle of the year before; IDMC's never do."""
    reading = read(settings, tmp_path, [("SYR", 2025, 1, 2, 3, 4)], date(2026, 5, 20))
    assert reading.newest_reference_date == date(2025, 12, 31)
    assert reading.why == "Whenever idmc_displacements comes, its newest year, 2025, is one that has ended."


def test_a_code_that_is_in_no_list_is_held_back(settings: Settings, tmp_path: Path) -> None:
    rows = [("SYR", 2024, 1, 2, 3, 4)] * 1 + [("QQQ", 2024, 9, 0, 0, 0)]
    reading = read(settings, tmp_path, rows, date(2026, 6, 12))
    assert reading.quarantined["known_origin"] == 1
