"""A capture on disk: the directory of tables and the `capture.json` that says how it came about.

Writing and reading that record, and making one for a directory of tables that a person gives, belongs here. What stands
in the tables is not looked at.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError, WrongUseError
from displacement.intake.layouts import read_datasets
from displacement.intake.model import Capture, CapturedTable, Door
from displacement.storage.duck import sql_text
from displacement.storage.files import write_text

RECORD = "capture.json"


def write_capture(capture: Capture) -> Path:
    """Write `capture.json` beside the tables, whole; return it."""
    tables = {
        table.dataset: {
            "file": table.path.name if table.path else None,
            "rows": table.rows,
            "pages": list(table.pages),
            "status": table.stopped or "whole",
        }
        for table in capture.tables
    }
    record = {"release": capture.release.isoformat(), "door": capture.door, "tables": tables}
    path = capture.directory / RECORD
    write_text(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    return path


def read_capture(directory: Path) -> Capture:
    """Return the capture that `write_capture` recorded in a directory.

    Raises:
        DisplacementError: there is no record, or it does not hold a capture.
    """
    path = directory / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        tables = tuple(_table(directory, name, spec) for name, spec in sorted(record["tables"].items()))
        return Capture(date.fromisoformat(record["release"]), _door(record["door"]), directory, tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DisplacementError(
            f"The record of what was captured, {path}, cannot be read ({error}). Remove the directory and fetch again."
        ) from error


def capture_of_directory(directory: Path, release: date | None = None) -> Capture:
    """Return a directory of tables as a capture.

    Args:
        directory: holds one Parquet file a dataset, such as `population.parquet`, and perhaps a `capture.json`.
        release: the day the tables were captured; otherwise the name of the directory says it.

    Raises:
        WrongUseError: there is no such directory, no table in it, a table of an unknown name, or no release to be told.
        DisplacementError: the record of the directory cannot be read.
    """
    if not directory.is_dir():
        raise WrongUseError(
            f"There is no directory {directory}. Give one that holds tables such as population.parquet."
        )
    if (directory / RECORD).exists():
        recorded = read_capture(directory)
        return replace(recorded, release=release) if release else recorded
    day = release or _day_of(directory)
    paths = sorted(path for path in directory.iterdir() if path.suffix == ".parquet")
    known = read_datasets()
    unknown = [path.name for path in paths if path.stem not in known]
    if unknown or not paths:
        what = f"holds {', '.join(unknown)}, which is no dataset" if unknown else "holds no Parquet file"
        raise WrongUseError(f"The directory {directory} {what}. Datasets: {', '.join(known)}.")
    return Capture(day, "directory", directory, tuple(_found(path) for path in paths))


def _day_of(directory: Path) -> date:
    try:
        return date.fromisoformat(directory.resolve().name)
    except ValueError as error:
        raise WrongUseError(
            f"The name of the directory {directory} is not a day, so it does not say which release it holds. "
            "Give the release, such as 2026-06-12."
        ) from error


def rows_of(path: Path) -> int:
    """Return the number of rows of a Parquet file.

    Raises:
        duckdb.Error: it is none, or damaged.
    """
    import duckdb

    query = f"select num_rows from parquet_file_metadata('{sql_text(path)}')"
    with duckdb.connect() as connection:
        return int(connection.execute(query).fetchall()[0][0])


def _found(path: Path) -> CapturedTable:
    import duckdb

    try:
        return CapturedTable(path.stem, path, rows_of(path))
    except duckdb.Error:
        stopped = f"The file {path.name} of {path.parent} is not Parquet, or is damaged. Get it again."
        return CapturedTable(path.stem, None, 0, stopped=stopped)


def _table(directory: Path, name: str, spec: dict[str, Any]) -> CapturedTable:
    if name not in read_datasets():
        raise ValueError(f"there is no dataset {name}")
    path = directory / f"{name}.parquet" if spec["file"] else None
    stopped = None if spec["status"] == "whole" else str(spec["status"])
    return CapturedTable(name, path, int(spec["rows"]), tuple(str(page) for page in spec["pages"]), stopped)


def _door(name: str) -> Door:
    if name not in ("api", "directory"):
        raise ValueError(f"there is no door {name}")
    return "api" if name == "api" else "directory"
