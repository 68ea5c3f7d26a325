"""A build that is published elsewhere: in a store, or in a folder that a web server shows.

Of a store DuckDB reads the Parquet files where they are, and only what a question needs is fetched; it reads through
Python's file interface, since its own extension for the network is not part of it. From the web the file is fetched
whole, once for each build, so that macros and releases are there and any web server will do. Each connection reads one
build, the one published when it was opened.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build.upload import CURRENT, read_current
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError, WrongUseError
from displacement.query.published import FILE_NAME, open_published
from displacement.query.without_build import cache_directory
from displacement.settings import __version__
from displacement.storage.bucket import Objects
from displacement.storage.duck import quiet, sql_text
from displacement.storage.files import write_text, written_whole

if TYPE_CHECKING:
    import duckdb
    from fsspec import AbstractFileSystem

PROTOCOL = "published"
BLOCK = 1 << 18
"""Bytes that are fetched at least: the end of a Parquet file, which describes it, is smaller."""


WEB = ("https://", "http://")
SECONDS = 60.0
"""How long a web server may be silent."""


def open_remote(address: str, as_of: str | None = None, *, needs_macros: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the build that is published at an address, with no way to anything else.

    Args:
        address: of a folder on the web (`https://…`), or of a store (`s3://…`), which has tables and no macros.
        as_of: a release; every table computed from figures then has the rows it had in that release.
        needs_macros: whether the question needs them.

    Raises:
        WrongUseError: it is no such address, or the question needs what a store does not have.
        DisplacementError: nothing is published there, or it does not answer.
    """
    if address.startswith(WEB):
        return open_published(fetched(address), as_of)
    if not address.startswith("s3://"):
        raise WrongUseError(f"{address} cannot be read from. Give https://…, s3://bucket/prefix or a directory.")
    if as_of or needs_macros:
        raise WrongUseError(
            f"At {address} there are tables only, without macros and without as-of: figures_history has all releases. "
            "The address on the web (https://…) has both."
        )
    return _open_store(address)


def fetched(address: str) -> Path:
    """Return the directory of a copy of the file that is published on the web, fetched unless it is there already.

    The file is looked for in the folder itself, then where `current.json` of a published store names it.

    Raises:
        DisplacementError: nothing is published there, it does not answer, or what it sends is damaged.
    """
    folder = address.rstrip("/").removesuffix(f"/{FILE_NAME}")
    kept = cache_directory() / "fetched" / hashlib.sha256(folder.encode()).hexdigest()[:16]
    try:
        try:
            return _newest(f"{folder}/{FILE_NAME}", kept)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            with _get(f"{folder}/{CURRENT}", {}) as answer:
                return _newest(f"{folder}/{json.load(answer)['file']['path']}", kept)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise DisplacementError(
                f"Nothing is published at {folder}: it has neither {FILE_NAME} nor {CURRENT}. Give the address of the "
                "folder that holds index.html."
            ) from error
        raise DisplacementError(f"{folder} refuses to send the file: {error.code} {error.reason}.") from error
    except (OSError, HTTPException) as error:
        copies = sorted(kept.glob(f"*/{FILE_NAME}"), key=lambda path: path.stat().st_mtime)
        copy = f" The copy fetched before can be read with at={str(copies[-1].parent)!r}." if copies else ""
        raise DisplacementError(f"{folder} does not answer ({getattr(error, 'reason', error)}).{copy}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DisplacementError(f"{folder}/{CURRENT} is not what displacement writes. Publish there again.") from error


def _newest(url: str, kept: Path) -> Path:
    """Return the directory of the newest copy; the server tells by its tag or date whether there is a newer one."""
    record = kept / "newest.json"
    known: dict[str, str] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    place = kept / known.get("copy", "none")
    is_known = known.get("url") == url and (place / FILE_NAME).exists()
    asked = {"If-None-Match": known["tag"], "If-Modified-Since": known["changed"]} if is_known else {}
    try:
        with _get(url, {name: value for name, value in asked.items() if value}) as answer:
            copy = _written(answer, kept)
            told = {"url": url, "tag": answer.headers["ETag"] or "", "changed": answer.headers["Last-Modified"] or ""}
    except urllib.error.HTTPError as error:
        if error.code == 304:
            return place
        raise
    write_text(record, json.dumps(told | {"copy": copy.name}))
    for older in kept.glob("*/"):
        if older not in (copy, place):  # the one before may be open
            shutil.rmtree(older, ignore_errors=True)
    return copy


def _get(url: str, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, headers={"User-Agent": f"displacement/{__version__}", **headers})  # noqa: S310 - fetched() is asked for http and https only
    return urllib.request.urlopen(request, timeout=SECONDS)  # noqa: S310


def _written(answer: Any, kept: Path) -> Path:
    """Write the file that is sent into a directory named by its content, and return that."""
    body = answer.read()
    if body[8:12] != b"DUCK":
        raise DisplacementError(
            f"What {answer.url} sends is not a DuckDB file. Open the address in a browser to see what."
        )
    copy = kept / hashlib.sha256(body).hexdigest()[:16]
    with written_whole(copy / FILE_NAME) as temporary:
        temporary.write_bytes(body)
    return copy


def _open_store(address: str) -> duckdb.DuckDBPyConnection:
    """Open the tables that are published in a store: a view for each."""
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
