"""A captured release: a directory of tables, and the `capture.json` that records how it was captured.

Naming a release, writing and reading that record, and making one for a directory of tables that a person gives, belong
here. The contents of the tables are not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

from displacement.errors import DisplacementError, WrongUseError
from displacement.sources.layouts import Door, read_datasets
from displacement.storage.duck import sql_text
from displacement.storage.files import write_text

RECORD = "capture.json"


@dataclass(frozen=True, slots=True)
class CapturedTable:
    """One dataset of a captured release, in one Parquet file, its values as published.

    Attributes:
        path: the Parquet file; None where the dataset could not be captured.
        rows: rows of the file.
        pages: SHA-256 of the raw pages the file was put together from, in order; none for a directory of tables.
        stopped: the sentence why the dataset is not whole and must not go on; None where it is whole.
    """

    dataset: str
    path: Path | None
    rows: int
    pages: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the dataset was captured from its first row to its last."""
        return self.stopped is None


@dataclass(frozen=True, slots=True)
class Capture:
    """What was captured of one release: a directory with one Parquet file for each dataset.

    Attributes:
        release: the day its tables were captured (UTC): the key of the release everywhere.
        door: which lists of layouts its tables are compared with.
        tables: in the order of their names. A dataset that is not among them is unknown in this release, not empty.
    """

    release: date
    door: Door
    directory: Path
    tables: tuple[CapturedTable, ...]

    def table(self, dataset: str) -> CapturedTable | None:
        """Return what was captured of a dataset, if anything was."""
        return next((table for table in self.tables if table.dataset == dataset), None)


def today() -> date:
    """Return the day a capture is named after when nobody names it: today, in UTC."""
    return datetime.now(UTC).date()


def release_of(text: str) -> date:
    """Return a release from its name.

    >>> release_of("2026-06-12")
    datetime.date(2026, 6, 12)

    Raises:
        WrongUseError: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUseError(
            f"{text} is no release: a release is named after the day of its capture, such as {today()}."
        ) from None


# --- the record on disk -----------------------------------------------------------------------------------------------


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
        if record["door"] not in get_args(Door):
            raise ValueError(f"there is no door {record['door']}")
        return Capture(date.fromisoformat(record["release"]), record["door"], directory, tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DisplacementError(
            f"The record of what was captured, {path}, cannot be read ({error}). Remove the directory and fetch again."
        ) from error


def capture_of_directory(directory: Path, release: date | None = None) -> Capture:
    """Return a directory of tables as a capture.

    Args:
        directory: holds one Parquet file a dataset, such as `population.parquet`, and perhaps a `capture.json`.
        release: the day the tables were captured; the name of the directory if not given.

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
    try:
        day = release or date.fromisoformat(directory.resolve().name)
    except ValueError:
        raise WrongUseError(
            f"The name of the directory {directory} is not a day, so it does not say which release it holds. "
            "Give the release, such as 2026-06-12."
        ) from None
    paths = sorted(path for path in directory.iterdir() if path.suffix == ".parquet")
    known = read_datasets()
    unknown = [path.name for path in paths if path.stem not in known]
    if unknown or not paths:
        what = f"holds {', '.join(unknown)}, which is no dataset" if unknown else "holds no Parquet file"
        raise WrongUseError(f"The directory {directory} {what}. Datasets: {', '.join(known)}.")
    return Capture(day, "directory", directory, tuple(_found(path) for path in paths))


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


def captured_with(directory: Path, release: date, tables: Iterable[CapturedTable]) -> Capture:
    """Write `capture.json` for a release: the tables it held before, and those given; return the capture.

    Raises:
        DisplacementError: the record of what it held cannot be read, or nothing can be written.
    """
    earlier = read_capture(directory) if (directory / RECORD).exists() else Capture(release, "api", directory, ())
    kept = {table.dataset: table for table in (*earlier.tables, *tables)}
    capture = replace(earlier, release=release, tables=tuple(kept[name] for name in sorted(kept)))
    write_capture(capture)
    return capture
