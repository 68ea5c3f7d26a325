"""The record of a capture: of every table the pages it was put together from, their provenance, and its state.

It lies beside the tables as `provenance.json`, and grows with every table that is whole, so that a fetch which is
killed leaves what it had done. `capture.json`, in the form that intake reads, is written when the fetch is over.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.intake.capture import RECORD as CAPTURE
from displacement.intake.capture import read_capture, write_capture
from displacement.intake.model import Capture, CapturedTable
from displacement.sources.landing import PageRecord
from displacement.sources.states import State
from displacement.storage.files import write_text

RECORD = "provenance.json"


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What is known of a captured table.

    Attributes:
        pages: the records of its pages, in the order in which their rows stand in the table.
        rows_of_pages: how many rows of the table come from each page.
        state: what the probe found when it was captured; None where there is no probe, as for a workbook.
    """

    dataset: str
    rows: int
    captured_at: str
    pages: tuple[PageRecord, ...]
    rows_of_pages: tuple[int, ...]
    state: State | None = None

    def as_record(self) -> dict[str, Any]:
        """Return it in a form that JSON holds."""
        return {
            "rows": self.rows,
            "captured_at": self.captured_at,
            "state": self.state.as_record() if self.state else None,
            "pages": [asdict(page) | {"rows": rows} for page, rows in zip(self.pages, self.rows_of_pages, strict=True)],
        }

    @classmethod
    def from_record(cls, dataset: str, record: dict[str, Any]) -> TableRecord:
        """Return what `as_record` made a record of."""
        pages = [dict(page) for page in record["pages"]]
        rows = tuple(int(page.pop("rows")) for page in pages)
        state = State.from_record(record["state"]) if record["state"] else None
        return cls(
            dataset,
            int(record["rows"]),
            record["captured_at"],
            tuple(PageRecord(**page) for page in pages),
            rows,
            state,
        )


def read_records(directory: Path) -> dict[str, TableRecord]:
    """Return the records of the tables in the directory of a release, by dataset; none where nothing was captured.

    Raises:
        DisplacementError: the file cannot be read.
    """
    path = directory / RECORD
    if not path.exists():
        return {}
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
        return {dataset: TableRecord.from_record(dataset, record) for dataset, record in tables.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DisplacementError(
            f"The record of where tables come from, {path}, cannot be read ({error}). Remove the directory and fetch "
            "again."
        ) from error


def newest_records(landing: Path) -> dict[str, TableRecord]:
    """Return, of each dataset, the record of the newest release that captured it."""
    found: dict[str, TableRecord] = {}
    for directory in sorted(landing.glob("????-??-??")):
        found |= read_records(directory)
    return found


def captured_with(directory: Path, release: date, tables: Iterable[CapturedTable]) -> Capture:
    """Write `capture.json` for a release: the tables it held before, and some that came or came anew.

    Raises:
        DisplacementError: the record of what it held cannot be read, or nothing can be written.
    """
    earlier = read_capture(directory) if (directory / CAPTURE).exists() else None
    kept = {table.dataset: table for table in (*(earlier.tables if earlier else ()), *tables)}
    capture = Capture(
        release, earlier.door if earlier else "api", directory, tuple(kept[name] for name in sorted(kept))
    )
    write_capture(capture)
    return capture


class Records:
    """The records of one release. Threads add to it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._tables = read_records(directory)

    def get(self, dataset: str) -> TableRecord | None:
        """Return the record of a table that was captured and is there."""
        record = self._tables.get(dataset)
        return record if record and (self._directory / f"{dataset}.parquet").exists() else None

    def add(self, record: TableRecord) -> None:
        """Keep the record of a table that has been written."""
        with self._lock:
            self._tables[record.dataset] = record
            self._write(self._tables.values())

    def _write(self, tables: Iterable[TableRecord]) -> None:
        listed = {table.dataset: table.as_record() for table in sorted(tables, key=lambda table: table.dataset)}
        write_text(self._directory / RECORD, json.dumps({"tables": listed}, ensure_ascii=False, indent=1) + "\n")
