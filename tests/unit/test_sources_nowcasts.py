"""UNHCR's nowcast: each snapshot is kept for ever by its day, and scored once the figure of its month is out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from displacement.build.models import read_models
from displacement.build.warehouse import Warehouse
from displacement.ledger.retention import prune
from displacement.settings import Settings
from displacement.sources.landing import Landing
from displacement.sources.nowcasts import capture_nowcasts, kept
from displacement.sources.publishers import SourceError
from tests.emulator import Emulator, small_world
from tests.emulator.reference import nowcasting
from tests.unit.sources_places import QUICK, Place


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(small_world()) as emulator:
        yield emulator


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Place:
    return Place(tmp_path / "home", emulator)


def capture(place: Place, day: str, table: pa.Table) -> Path | None:
    place.emulator.show(small_world().altered("nowcasting", lambda _: table))
    captured_on = date.fromisoformat(day)
    return capture_nowcasts(place.settings, addresses=place.addresses, day=captured_on, limits=QUICK)


def made(settings: Settings, name: str) -> list[dict[str, Any]]:
    """Return the rows of a model, made with everything it reads."""
    models = read_models(settings.sql)
    needed, found = {name}, [name]
    while found:
        found = [each for one in found for each in models[one].reads_models if each not in needed]
        needed |= set(found)
    warehouse = Warehouse(settings, settings.home / "made.duckdb")
    for each in models:
        if each in needed | {"countries"}:
            warehouse.make(models[each])
    cursor = warehouse.connection.execute(f"from {name}")
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    warehouse.close()
    return rows


def test_a_snapshot_is_kept_by_its_day_and_none_replaces_another(place: Place) -> None:
    first = capture(place, "2025-07-01", nowcasting(2025))
    assert capture(place, "2025-07-01", nowcasting(2025, refugees=2)) is None, "a day has one snapshot"
    assert capture(place, "2025-07-08", nowcasting(2025)) is None, "the same content is not kept twice"
    second = capture(place, "2025-07-15", nowcasting(2025, refugees=1_100_000))
    assert kept(place.settings) == [first, second]
    raw = [json.loads(path.read_text())[0]["page"] for path in kept(place.settings)]
    prune(replace(place.settings, keep_days=1), date(2099, 1, 1))
    assert kept(place.settings) == [first, second]
    assert all(Landing(place.home).read(sha256) for sha256 in raw), "the raw page of a snapshot stays with it"
    found = [
        (str(row["captured_on"]), str(row["reference_date"]), row["asylum"], row["nowcast_refugees"])
        for row in made(place.settings, "nowcasts")
    ]
    assert found == [
        ("2025-07-01", "2025-06-30", "DEU", 100_000),
        ("2025-07-01", "2025-06-30", "world", 1_000_000),
        ("2025-07-15", "2025-06-30", "DEU", 110_000),
        ("2025-07-15", "2025-06-30", "world", 1_100_000),
    ]


@pytest.mark.parametrize(
    "column",
    [{"coo": ["SYR", "SYR"]}, {"month": ["June", "Junio"]}, {"refugees": ["12.5", "3"]}, {"oip": [1, 2]}],
    ids=str,
)
def test_what_is_no_nowcast_is_refused_by_name_and_its_raw_page_kept(place: Place, column: dict[str, Any]) -> None:
    """Rows by origin, for one, would be summed as if they were the world."""
    [(name, values)] = column.items()
    table = nowcasting(2025)
    other = table.drop_columns([name] if name in table.column_names else []).append_column(name, pa.array(values))
    with pytest.raises(SourceError, match="nowcast"):
        capture(place, "2025-07-01", other)
    assert kept(place.settings) == []
    assert list((place.landing / "pages").rglob("*.json.gz"))


def test_the_recorded_answer_is_read_as_it_was_recorded(place: Place, shared: Path) -> None:
    sample = json.loads((shared / "samples/unhcr/nowcasting.json").read_text(encoding="utf-8"))
    rows = [{**row, "coo_id": str(row["coo_id"]), "coa_id": str(row["coa_id"])} for row in sample["items"]]
    assert capture(place, "2026-10-06", pa.Table.from_pylist(rows))
    found = {row["asylum"]: row for row in made(place.settings, "nowcasts")}
    assert {(str(row["reference_date"]), str(row["captured_on"])) for row in found.values()} == {
        ("2026-08-31", "2026-10-06")
    }
    assert (found["world"]["nowcast_refugees"], found["world"]["nowcast_asylum_seekers"]) == (28_301_919, 8_917_756)
    assert (found["DEU"]["nowcast_refugees"], found["DEU"]["source"]) == (2_652_400, "Government")


def test_the_nowcast_of_a_year_end_is_scored_by_its_figure_and_of_another_month_by_none(place: Place) -> None:
    capture(place, "2026-01-20", nowcasting(2025, "November", 5))
    capture(place, "2026-02-10", nowcasting(2025, "December", 29_000_000))
    capture(place, "2026-03-10", nowcasting(2026, "June", 28_000_000))
    scores = {
        row["forecast_id"]: row
        for row in made(place.settings, "forecast_scores")
        if row["kind"] == "nowcast" and row["made_on"] in (date(2026, 1, 20), date(2026, 2, 10), date(2026, 3, 10))
    }
    name = "unhcr-nowcast-2025-12-refugees-2026-02-10"
    assert scores[name]["status"] == "scored"
    assert (scores[name]["value_first"], scores[name]["error_first"]) == (28_461_306, 29_000_000 - 28_461_306)
    assert (str(scores[name]["base_date"]), scores[name]["base_value"]) == ("2025-06-30", 30_490_994)
    assert {each: row["status"] for each, row in scores.items() if each != name} == {
        "unhcr-nowcast-2025-12-asylum_seekers-2026-02-10": "scored",
        "unhcr-nowcast-2026-06-refugees-2026-03-10": "open",
        "unhcr-nowcast-2026-06-asylum_seekers-2026-03-10": "open",
    }


def test_no_table_of_figures_reads_a_nowcast() -> None:
    models = read_models(Settings.from_environment({}).sql)
    assert {name for name, model in models.items() if {"nowcasts", "raw_nowcast_snapshots"} & set(model.reads)} == {
        "nowcasts",
        "forecasts",
    }
