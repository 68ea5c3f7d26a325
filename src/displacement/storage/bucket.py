"""The objects of a bucket below a prefix: read, listed, written, written on a condition, removed.

obstore is imported here only, when a store is first used. What the objects mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.files import written_whole

AT_ONCE = 16
"""Objects that are sent or fetched at the same time: most are small, and the way there takes longer than they do."""

TRIES: Any = {"max_retries": 6, "retry_timeout": timedelta(seconds=90)}

Item = TypeVar("Item")
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w./=-]*))?")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read: its bytes, and the tag that tells this state of it from any other."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a list describes it."""

    key: str
    bytes: int
    tag: str
    changed: datetime


class Objects:
    """The objects of a bucket below a prefix. Keys and region come from the environment (`AWS_…`)."""

    def __init__(self, address: str) -> None:
        """Bind the address of a store, such as `s3://bucket/prefix`; no request is made yet.

        Raises:
            WrongUseError: it is not such an address.
            DisplacementError: obstore is not installed.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None or ".." in address:
            raise WrongUseError(f"{address} is not the address of a store. Write it as s3://bucket/prefix.")
        try:
            from obstore.store import S3Store
        except ImportError as error:
            raise DisplacementError(
                "Object stores need more than is installed here. Install it with: pip install 'displacement[store]'"
            ) from error
        self.address = address.rstrip("/")
        prefix = (found["prefix"] or "").strip("/")
        self._store: Any = S3Store(found["bucket"], prefix=prefix or None, retry_config=TRIES)

    def read(self, key: str) -> Stored | None:
        """Return an object, or None where there is none."""
        try:
            with self._in_sentences(key):
                got = self._store.get(key)
                return Stored(bytes(got.bytes()), str(got.meta["e_tag"]))
        except FileNotFoundError:
            return None

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of an object."""
        with self._in_sentences(key):
            return bytes(self._store.get_range(key, start=start, end=end))

    def size(self, key: str) -> int | None:
        """Return how many bytes an object has, or None where there is none."""
        try:
            with self._in_sentences(key):
                return int(self._store.head(key)["size"])
        except FileNotFoundError:
            return None

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects below a path."""
        with self._in_sentences(prefix):
            for chunk in self._store.list(prefix):
                for each in chunk:
                    tag = str(each["e_tag"] or "").strip('"')
                    yield Listed(each["path"], each["size"], tag, each["last_modified"])

    def write(self, key: str, content: bytes | Path, headers: Mapping[str, str] | None = None) -> None:
        """Write bytes, or a file, as an object, whether there is one or not.

        Args:
            key: its name below the prefix.
            content: the bytes, or the file that holds them.
            headers: sent to whoever fetches it, such as `Content-Type`.
        """
        with self._in_sentences(key):
            self._store.put(key, content, attributes=dict(headers or {}))

    def write_if(self, key: str, body: bytes, tag: str | None, headers: Mapping[str, str] | None = None) -> bool:
        """Write an object if it still is what it was when it was read: the store compares and writes in one step.

        Args:
            key: its name below the prefix.
            body: its bytes.
            tag: of the state that was read; None where there was none.
            headers: sent to whoever fetches it.

        Returns:
            Whether it is written; False where another machine has changed it. The same bytes count as written: the
            reply to an earlier try was lost.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if tag is None else {"e_tag": tag}
        try:
            with self._in_sentences(key):
                self._store.put(key, body, attributes=dict(headers or {}), mode=mode, use_multipart=False)
            return True
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            there = self.read(key)
            return there is not None and there.body == body

    def fetch(self, key: str, path: Path) -> bool:
        """Write an object to a file, whole; return whether there is such an object."""
        try:
            with self._in_sentences(key):
                chunks = self._store.get(key).stream()
        except FileNotFoundError:
            return False
        with written_whole(path) as temporary, self._in_sentences(key), temporary.open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
        return True

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there is no error."""
        listed = list(keys)
        if listed:
            with self._in_sentences(listed[0]):
                self._store.delete(listed)

    @contextmanager
    def _in_sentences(self, key: str) -> Iterator[None]:
        """Turn errors of the store into a sentence; those a caller acts upon go through."""
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            is_missing = isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error)
            if is_missing or isinstance(error, AlreadyExistsError | PreconditionError):
                raise
            reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise DisplacementError(
                f"The store {self.address} could not be used for {key}: {reason[:300]}. Check that it exists, and that "
                "AWS_ENDPOINT_URL, AWS_REGION and the keys of the environment are right."
            ) from error


def each_of(items: Iterable[Item], work: Callable[[Item], object]) -> None:
    """Do the same to many objects, several at a time; the first error is raised once all have ended."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="store") as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()
