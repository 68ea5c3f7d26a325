"""Objects of a bucket below a prefix: read, written, written on a condition, listed and removed.

The library that speaks to stores is used here only; what the objects mean is not known here.
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

SCHEME = "s3://"
AT_ONCE = 16
"""Objects that are sent or fetched at the same time: most are small, and the way there takes longer than they do."""

TRIES: Any = {"max_retries": 6, "retry_timeout": timedelta(seconds=90)}

Item = TypeVar("Item")
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w./=-]*))?")


class OvertakenError(DisplacementError):
    """Somebody else has changed what was to be written; what they wrote stands."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read: its bytes, and the tag that says which state of it they are."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of an object."""

    key: str
    bytes: int
    tag: str
    changed: datetime


class Objects:
    """The objects of a bucket below a prefix. Keys and region come from the environment (`AWS_…`)."""

    def __init__(self, address: str) -> None:
        """Bind the address of a store, such as `s3://bucket/prefix`; nothing is asked yet.

        Raises:
            WrongUseError: it is no such address.
            DisplacementError: the library that speaks to stores is not installed.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None or ".." in address:
            raise WrongUseError(f"{address} is no address of a store. One is written as s3://bucket/prefix.")
        try:
            from obstore.store import S3Store
        except ImportError as error:
            raise DisplacementError(
                "Object stores need more than is installed here. Install it with: pip install 'displacement[cluster]'"
            ) from error
        self.address = address.rstrip("/")
        prefix = (found["prefix"] or "").strip("/")
        self._store: Any = S3Store(found["bucket"], prefix=prefix or None, retry_config=TRIES)

    # --- one object ---------------------------------------------------------------------------------------------------

    def read(self, key: str) -> Stored | None:
        """Return an object, or None where there is none."""
        try:
            with self._spoken(key):
                got = self._store.get(key)
                return Stored(bytes(got.bytes()), str(got.meta["e_tag"]))
        except FileNotFoundError:
            return None

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of an object."""
        with self._spoken(key):
            return bytes(self._store.get_range(key, start=start, end=end))

    def size(self, key: str) -> int | None:
        """Return how many bytes an object has, or None where there is none."""
        try:
            with self._spoken(key):
                return int(self._store.head(key)["size"])
        except FileNotFoundError:
            return None

    def write(self, key: str, body: bytes, said: Mapping[str, str] | None = None) -> None:
        """Write an object, whatever stands there.

        Args:
            key: its name below the prefix.
            body: its bytes.
            said: what is told to who asks for it, such as `Content-Type`.
        """
        with self._spoken(key):
            self._store.put(key, body, attributes=dict(said or {}), use_multipart=False)

    def write_if(self, key: str, body: bytes, tag: str | None, said: Mapping[str, str] | None = None) -> None:
        """Write an object if it still is what it was when it was read: the store compares and writes in one step.

        Args:
            key: its name below the prefix.
            body: its bytes. A body that stands there already counts as written: the answer to it was lost.
            tag: of the state that was read; None where there was none.
            said: what is told to who asks for it.

        Raises:
            OvertakenError: it is another one now.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if tag is None else {"e_tag": tag}
        try:
            with self._spoken(key):
                self._store.put(key, body, attributes=dict(said or {}), mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
            standing = self.read(key)
            if standing is None or standing.body != body:
                raise OvertakenError(
                    f"{self.address}/{key} was changed by somebody else meanwhile. What they wrote stands; run the "
                    "command again to go on from it."
                ) from error

    def send(self, key: str, path: Path, said: Mapping[str, str] | None = None) -> None:
        """Write a file as an object."""
        with self._spoken(key):
            self._store.put(key, path, attributes=dict(said or {}))

    def fetch(self, key: str, path: Path) -> bool:
        """Write an object to a file, whole; return whether there is such an object."""
        try:
            with self._spoken(key):
                chunks = self._store.get(key).stream()
        except FileNotFoundError:
            return False
        with written_whole(path) as temporary, self._spoken(key), temporary.open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
        return True

    # --- many ---------------------------------------------------------------------------------------------------------

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects whose names begin with a path."""
        with self._spoken(prefix):
            for chunk in self._store.list(prefix):
                for each in chunk:
                    tag = str(each["e_tag"] or "").strip('"')
                    yield Listed(each["path"], each["size"], tag, each["last_modified"])

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there is no error."""
        listed = list(keys)
        if listed:
            with self._spoken(listed[0]):
                self._store.delete(listed)

    @contextmanager
    def _spoken(self, key: str) -> Iterator[None]:
        """Turn what the store refuses into a sentence; what a caller acts upon goes through."""
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            is_missing = isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error)
            if is_missing or isinstance(error, AlreadyExistsError | PreconditionError):
                raise
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise DisplacementError(
                f"The store {self.address} did not do what was asked of it for {key}: {said[:300]}. See that it is "
                "there, and that AWS_ENDPOINT_URL, AWS_REGION and the keys of the environment are right."
            ) from error


def each_of(items: Iterable[Item], work: Callable[[Item], None]) -> None:
    """Do the same to many objects, several at a time; the first error is raised once all have ended."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="store") as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()
