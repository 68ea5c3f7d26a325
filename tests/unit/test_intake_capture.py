"""A release comes in as a directory of tables, and a record beside them says how it came about."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.sources.release import Capture, CapturedTable, capture_of_directory, read_capture, write_capture


def a_table(path: Path, rows: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"copy (select 2024 as year from range({rows})) to '{path}' (format parquet)")
    return path


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    whole = CapturedTable("population", a_table(tmp_path / "population.parquet"), 3, ("ab" * 32, "cd" * 32))
    broken = CapturedTable("solutions", None, 0, stopped="Page 2 of solutions never came.")
    capture = Capture(date(2026, 6, 12), "api", tmp_path, (whole, broken))
    write_capture(capture)
    assert read_capture(tmp_path) == capture == capture_of_directory(tmp_path)
    assert capture.table("population") is whole
    assert capture.table("flows") is None
    assert [table.is_whole for table in capture.tables] == [True, False]


def test_a_directory_of_tables_is_a_release_named_by_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "2026-06-12"
    a_table(directory / "population.parquet", 5)
    a_table(directory / "flows.parquet")
    (directory / "README.md").write_text("notes")
    capture = capture_of_directory(directory)
    assert (capture.release, capture.door) == (date(2026, 6, 12), "directory")
    assert [(table.dataset, table.rows) for table in capture.tables] == [("flows", 3), ("population", 5)]
    assert capture_of_directory(directory, date(2026, 6, 25)).release == date(2026, 6, 25)


def test_a_damaged_file_stops_its_dataset_and_no_other(tmp_path: Path) -> None:
    a_table(tmp_path / "population.parquet")
    (tmp_path / "flows.parquet").write_bytes(b"PAR1 cut short")
    flows, population = capture_of_directory(tmp_path, date(2026, 6, 12)).tables
    assert population.is_whole
    assert flows.stopped == f"The file flows.parquet of {tmp_path} is not Parquet, or is damaged. Get it again."


@pytest.mark.parametrize(
    ("files", "release", "sentence"),
    [
        ([], "2026-06-12", "holds no Parquet file"),
        (["populaton.parquet"], "2026-06-12", "holds populaton.parquet, which is no dataset. Datasets: asylum_app"),
        (["population.parquet"], None, "is not a day, so it does not say which release it holds"),
    ],
)
def test_a_directory_that_is_no_release_is_refused_with_what_to_do(
    tmp_path: Path, files: list[str], release: str | None, sentence: str
) -> None:
    for name in files:
        a_table(tmp_path / name)
    with pytest.raises(WrongUseError, match=sentence):
        capture_of_directory(tmp_path, date.fromisoformat(release) if release else None)


def test_a_directory_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="There is no directory"):
        capture_of_directory(tmp_path / "none")


@pytest.mark.parametrize(
    "damage", [{"door": "window"}, {"release": "June"}, {"tables": {"../x": {"file": "x"}}}, {"tables": []}]
)
def test_a_record_that_is_no_capture_is_named(tmp_path: Path, damage: dict[str, object]) -> None:
    record = {"release": "2026-06-12", "door": "api", "tables": {}}
    (tmp_path / "capture.json").write_text(json.dumps(record | damage))
    with pytest.raises(DisplacementError, match=r"capture\.json, cannot be read"):
        read_capture(tmp_path)
