"""A published build read where it is: DuckDB over its Parquet files, of which only what a question needs is fetched.

DuckDB reads through Python's file interface, since its own extension for the network is not part of it. Each question
is answered from one build, the one published when the connection was opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from displacement.build.upload import CURRENT, read_current
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError
from displacement.storage.bucket import Objects
from displacement.storage.duck import quiet, sql_text

if TYPE_CHECKING:
    import duckdb
    from fsspec import AbstractFileSystem

PROTOCOL = "published"
BLOCK = 1 << 18
"""Bytes that are fetched at least: the end of a Parquet file, which describes it, is smaller."""


def open_remote(address: str) -> duckdb.DuckDBPyConnection:
    """Open the build that is published at an address: a view for each table, and no way to anything else.

    Raises:
        WrongUseError: it is not the address of a store.
        DisplacementError: nothing is published there, or the store does not answer.
    """
    import duckdb

    objects = Objects(address)
    current = read_current(objects, objects.read(CURRENT))
    if not current:
        raise DisplacementError(
            f"Nothing is published at {objects.address}. Publish a build with: displacement publish {objects.address}"
        )
    connection = quiet(duckdb.connect())
    connection.register_filesystem(_file_system(objects))
    connection.execute("create schema meta")
    connection.execute("set search_path = 'main,meta'")
    described = load_catalogue().tables
    for name, place in current["tables"].items():
        schema = described[name].schema if name in described else "main"
        connection.execute(f"create view {schema}.\"{name}\" as from read_parquet('{PROTOCOL}://{sql_text(place)}')")
    connection.execute(f"set allowed_directories = ['{PROTOCOL}://{sql_text(current['directory'])}']")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _file_system(objects: Objects) -> AbstractFileSystem:
    """Return the objects of a store as files to be read."""
    from fsspec import AbstractFileSystem
    from fsspec.spec import AbstractBufferedFile

    class RemoteFile(AbstractBufferedFile):  # type: ignore[misc]
        """An object, read in blocks."""

        def _fetch_range(self, start: int, end: int) -> bytes:
            return objects.read_range(self.path, start, end)

    class Remote(AbstractFileSystem):  # type: ignore[misc]
        """What is published below an address. Nothing is written, and files never change."""

        protocol = PROTOCOL
        cachable = False

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            name = self._strip_protocol(path)
            size = objects.size(name)
            if size is None:
                raise FileNotFoundError(path)
            return {"name": name, "size": size, "type": "file"}

        def modified(self, path: str) -> Any:
            del path
            from datetime import UTC, datetime

            return datetime.fromtimestamp(0, UTC)

        def _open(self, path: str, mode: str = "rb", **_: Any) -> RemoteFile:
            return RemoteFile(self, self._strip_protocol(path), mode, block_size=BLOCK, cache_type="readahead")

    return Remote()
