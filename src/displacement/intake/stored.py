"""What reading a dataset came to, kept as `<dataset>.json` beside its facts, for steps that run in other processes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.intake.model import DatasetReading, Hold
from displacement.quality.store import result_from
from displacement.storage.files import write_text

_FILES = ("facts", "unknown", "table")


def store(reading: DatasetReading, directory: Path) -> Path:
    """Write what reading a dataset came to, whole, and remove the files of a former reading; return the record."""
    record: dict[str, Any] = asdict(reading)
    record["newest_reference_date"] = reading.newest_reference_date and reading.newest_reference_date.isoformat()
    record |= {name: record[name] and record[name].name for name in _FILES}
    path = directory / f"{reading.dataset}.json"
    write_text(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    for stale in {directory / name for name in files_of(reading.dataset)} - {getattr(reading, name) for name in _FILES}:
        stale.unlink(missing_ok=True)
    return path


def files_of(dataset: str) -> tuple[str, str]:
    """Return the names of the files that reading a dataset writes: what it says, and what it leaves unknown."""
    return f"{dataset}.parquet", f"{dataset}.unknown.parquet"


def stored(directory: Path, dataset: str) -> DatasetReading | None:
    """Return what reading a dataset came to, or None where it was not read yet.

    Raises:
        DisplacementError: the file is not what `store` wrote.
    """
    path = directory / f"{dataset}.json"
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        day = record["newest_reference_date"]
        record |= {name: directory / record[name] if record[name] else None for name in _FILES}
        record |= {
            "newest_reference_date": date.fromisoformat(day) if day else None,
            "results": tuple(result_from(spec) for spec in record["results"]),
            "holds": tuple(Hold(**spec) for spec in record["holds"]),
        }
        return DatasetReading(**record)
    except (ValueError, TypeError, KeyError) as error:
        raise DisplacementError(f"{path} does not hold what was read ({error}). Read the release again.") from error
