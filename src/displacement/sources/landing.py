"""The landing place: every raw page as it came, by the hash of its content, and the records of where it came from.

A page is written once and never changed. A file under its final name is whole: while it is written it has another name,
and the next fetch removes what a killed one left. What the pages mean is not known here.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.sources.publishers import Answer, SourcePublisher, SourceTable
from displacement.storage.files import PARTIAL_SUFFIX, is_being_written, unwritable, write_text, written_whole

PAGE_SUFFIX = ".json.gz"
RECORD_SUFFIX = ".provenance.json"
RECORD = "provenance.json"
"""The file in the directory of a release that records its tables, their pages and their states."""

LEVEL = 1
"""Of compression: the smallest takes a third of the time of the usual one, for a file half as large again."""

LISTED = 5
"""Differences that a sentence lists before the number of the others."""

# --- pages ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageRecord:
    """Where a raw page came from, and what its bytes are (before compression)."""

    publisher: str
    url: str
    parameters: dict[str, str]
    fetched_at: str
    status: int
    bytes: int
    sha256: str
    licence: str
    citation: str

    @classmethod
    def of(cls, answer: Answer, terms: SourcePublisher | SourceTable) -> PageRecord:
        """Return the record of an answer, under the terms of its publisher or its table."""
        return cls(
            publisher=answer.question.publisher,
            url=answer.question.shown,
            parameters=dict(answer.question.parameters),
            fetched_at=answer.fetched_at,
            status=answer.status,
            bytes=len(answer.body),
            sha256=hashlib.sha256(answer.body).hexdigest(),
            licence=terms.licence,
            citation=terms.citation,
        )


class Landing:
    """The directory `landing` of a home."""

    def __init__(self, home: Path) -> None:
        self.directory = home / "landing"
        self._locks: dict[str, threading.Lock] = {}

    def page(self, sha256: str, suffix: str = PAGE_SUFFIX) -> Path:
        """Return where a page is, or would be."""
        return self.directory / "pages" / sha256[:2] / f"{sha256}{suffix}"

    def land(self, body: bytes, record: PageRecord) -> None:
        """Keep a page and the record of where it came from."""
        with self._locks.setdefault(record.sha256, threading.Lock()):  # the same content may come twice at once
            if self.read(record.sha256) is None:
                with written_whole(self.page(record.sha256)) as temporary:
                    temporary.write_bytes(gzip.compress(body, LEVEL, mtime=0))
            self._note(record)

    def keep_file(self, path: Path, record: PageRecord) -> Path:
        """Keep a file that a person gave, under its hash and its own suffix."""
        kept = self.page(record.sha256, path.suffix.lower())
        if not kept.exists():
            with written_whole(kept) as temporary:
                temporary.write_bytes(path.read_bytes())
        self._note(record)
        return kept

    def read(self, sha256: str) -> bytes | None:
        """Return the bytes of a page; None where there is none, or where they have another hash than its name."""
        try:
            body = gzip.decompress(self.page(sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None
        return body if hashlib.sha256(body).hexdigest() == sha256 else None

    def record(self, sha256: str) -> PageRecord:
        """Return the record of where a page came from when it came first."""
        path = self.page(sha256, RECORD_SUFFIX)
        try:
            return PageRecord(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise DisplacementError(f"The record {path} of a raw page cannot be read ({error}).") from error

    def _note(self, record: PageRecord) -> None:
        path = self.page(record.sha256, RECORD_SUFFIX)
        if not path.exists():
            write_text(path, json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n")

    @contextmanager
    def only_fetch(self) -> Iterator[None]:
        """Hold the right to fetch into this landing place; the system gives it back however the process ends.

        Raises:
            DisplacementError: another process is fetching, or the directory cannot be written.
        """
        path = self.directory / "fetch.lock"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            stream = path.open("a")
        except OSError as error:
            raise unwritable(path, error) from error
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DisplacementError(
                    f"Another fetch is running in {self.directory}. Wait until it is done, or set DISPLACEMENT_HOME "
                    "to a directory of its own."
                ) from None
            for left in self.directory.glob(f"**/.*{PARTIAL_SUFFIX}"):  # what a killed fetch was writing
                if not is_being_written(left):
                    left.unlink(missing_ok=True)
            yield


# --- the journal of a fetch -------------------------------------------------------------------------------------------


class Journal:
    """Which pages of a table have landed, so that an interrupted fetch goes on where it stopped.

    Pages count only for the very state of the table in which they were fetched: the number of rows and the sums by year
    that were found before the first of them. For a table in another state, or after some hours, it starts again.
    """

    def __init__(self, landing: Landing, dataset: str, hours: float) -> None:
        self._directory = landing.directory / "journal" / dataset
        self._asked = self._directory / "asked.json"
        self._longest = timedelta(hours=hours)

    def start(self, asked: dict[str, Any]) -> None:
        """Keep the pages there are if they answer the same question about the same state; else remove them."""
        found = _read_object(self._asked)
        now = datetime.now(UTC)
        try:
            is_recent = now - datetime.fromisoformat(found["begun"]) <= self._longest
        except (KeyError, ValueError, TypeError):
            is_recent = False
        if found.get("asked") != asked or not is_recent:
            self.clear()
            text = json.dumps({"begun": now.isoformat(timespec="seconds"), "asked": asked}, ensure_ascii=False)
            write_text(self._asked, text + "\n")

    def page(self, number: int) -> PageRecord | None:
        """Return the record of a page that has landed."""
        try:
            return PageRecord(**_read_object(self._page(number)))
        except TypeError:
            return None

    def note(self, number: int, record: PageRecord) -> None:
        """Record that a page has landed."""
        write_text(self._page(number), json.dumps(asdict(record), ensure_ascii=False) + "\n")

    def forget(self, number: int) -> None:
        """Remove the record of a page that is no good."""
        self._page(number).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything; the question goes first, since pages without it count for nothing."""
        self._asked.unlink(missing_ok=True)
        for path in self._directory.glob("page-*.json"):
            path.unlink(missing_ok=True)

    def _page(self, number: int) -> Path:
        return self._directory / f"page-{number:05}.json"


def _read_object(path: Path) -> dict[str, Any]:
    """Return the object that a file of JSON holds; an empty one where it holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# --- the state of a table ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableState:
    """The state of a publisher's table as far as a few small questions can tell it.

    It shows whether a table changed while it was fetched, or since. A shift between countries that leaves rows and sums
    as they are escapes it; a full fetch now and then finds that.

    Attributes:
        rows: rows of the table.
        sums: by year, the sum of each column over the whole world: a checksum, in which cases are added to persons.
        marks: what the publisher itself states, such as when it changed last.
    """

    rows: int
    sums: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)

    def differences(self, before: TableState) -> Iterator[str]:
        """Yield what differs from an earlier state, each thing in a few words.

        >>> list(TableState(12, {"2024": {"refugees": 70}}).differences(TableState(11, {"2024": {"refugees": 60}})))
        ['11 rows, now 12', 'refugees of 2024 60, now 70']
        """
        if self.rows != before.rows:
            yield f"{before.rows:,} rows, now {self.rows:,}"
        for mark in sorted({*before.marks, *self.marks}):
            if before.marks.get(mark) != self.marks.get(mark):
                yield f"{mark} {before.marks.get(mark, 'unknown')}, now {self.marks.get(mark, 'unknown')}"
        for year in sorted({*before.sums, *self.sums}, reverse=True):
            then, now = before.sums.get(year, {}), self.sums.get(year, {})
            for column in sorted({*then, *now}):
                if then.get(column, 0) != now.get(column, 0):
                    yield f"{column} of {year} {then.get(column, 0):,}, now {now.get(column, 0):,}"


def in_words(differences: Iterable[str]) -> str:
    """Return differences as the end of a sentence, the first few of them."""
    listed = list(differences)
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return "; ".join(listed[:LISTED]) + more


# --- the records of a release -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What is known of a captured table.

    Attributes:
        pages: the records of its pages, in the order of their rows in the table.
        rows_of_pages: how many rows of the table come from each page.
        state: what the probe found when it was captured; None where there is no probe, as for a workbook.
    """

    dataset: str
    rows: int
    captured_at: str
    pages: tuple[PageRecord, ...]
    rows_of_pages: tuple[int, ...]
    state: TableState | None = None

    def as_record(self) -> dict[str, Any]:
        """Return it in a form that JSON holds."""
        return {
            "rows": self.rows,
            "captured_at": self.captured_at,
            "state": asdict(self.state) if self.state else None,
            "pages": [asdict(page) | {"rows": rows} for page, rows in zip(self.pages, self.rows_of_pages, strict=True)],
        }

    @classmethod
    def from_record(cls, dataset: str, record: dict[str, Any]) -> TableRecord:
        """Return what `as_record` made a record of."""
        pages = [dict(page) for page in record["pages"]]
        rows = tuple(int(page.pop("rows")) for page in pages)
        state = TableState(**record["state"]) if record["state"] else None
        records = tuple(PageRecord(**page) for page in pages)
        return cls(dataset, int(record["rows"]), record["captured_at"], records, rows, state)


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


class Records:
    """The records of one release, written with every table that is whole: a killed fetch leaves what it had done."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._tables = read_records(directory)

    def get(self, dataset: str) -> TableRecord | None:
        """Return the record of a table that was captured and is there."""
        record = self._tables.get(dataset)
        return record if record and (self._directory / f"{dataset}.parquet").exists() else None

    def add(self, record: TableRecord) -> None:
        """Keep the record of a table that has been written. Threads may call it."""
        with self._lock:
            self._tables[record.dataset] = record
            listed = {dataset: table.as_record() for dataset, table in sorted(self._tables.items())}
            write_text(self._directory / RECORD, json.dumps({"tables": listed}, ensure_ascii=False, indent=1) + "\n")
