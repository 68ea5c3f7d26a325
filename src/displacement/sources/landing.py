"""The landing place: every raw page as it came, by the hash of its content, and the record of where it came from.

A page is written once and never changed. Whatever stands under its final name is whole: what is still being written has
another name, and a fetch that was killed is tidied up after by the next. What the pages mean is not known here.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from displacement.errors import DisplacementError
from displacement.sources.publishers import Publisher, Table
from displacement.sources.questions import Answer
from displacement.storage.files import PARTIAL_SUFFIX, is_being_written, partial_name, unwritable, write_text

PAGE_SUFFIX = ".json.gz"
RECORD_SUFFIX = ".provenance.json"
LEVEL = 1
"""Of compression: the smallest takes a third of the time of the usual one, for a file half as large again."""

Made = TypeVar("Made")


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
    def of(cls, answer: Answer, terms: Publisher | Table) -> PageRecord:
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
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def page(self, sha256: str, suffix: str = PAGE_SUFFIX) -> Path:
        """Return where a page is, or would be."""
        return self.directory / "pages" / sha256[:2] / f"{sha256}{suffix}"

    def land(self, body: bytes, record: PageRecord, verify: Callable[[Path], Made]) -> Made:
        """Keep a page, once `verify` has read the file that is to be kept and found nothing wrong with it.

        Args:
            body: the bytes of the page.
            record: where they came from.
            verify: reads the compressed file; what it raises goes through, and then nothing is kept.

        Returns:
            What `verify` made of the page.
        """
        path = self.page(record.sha256)
        with self._alone(record.sha256):  # the same content may come twice at once
            if path.exists() and self.read(record.sha256) is not None:
                made = verify(path)
            else:
                made = _switched(path, gzip.compress(body, LEVEL, mtime=0), verify)
            self._note(record)
        return made

    def keep_file(self, path: Path, record: PageRecord) -> Path:
        """Keep a file that a person gave, under its hash and its own suffix."""
        kept = self.page(record.sha256, path.suffix.lower())
        if not kept.exists():
            _switched(kept, path.read_bytes(), lambda _: None)
        self._note(record)
        return kept

    def read(self, sha256: str) -> bytes | None:
        """Return the bytes of a page; None where there is none, or where it is not what its name says."""
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
    def _alone(self, sha256: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks[sha256]
        with lock:
            yield

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
                    f"Another fetch is at work in {self.directory}. Wait until it is done, or set DISPLACEMENT_HOME to "
                    "a directory of its own."
                ) from None
            self._tidy()
            yield

    def _tidy(self) -> None:
        """Remove what a killed fetch was writing."""
        for path in self.directory.glob(f"**/.*{PARTIAL_SUFFIX}"):
            if not is_being_written(path):
                path.unlink(missing_ok=True)


def _switched(path: Path, content: bytes, verify: Callable[[Path], Made]) -> Made:
    """Write a file under another name, let it be verified, and switch it to its own."""
    temporary = partial_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error
    try:
        made = verify(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return made
