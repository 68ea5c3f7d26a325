"""The data the package ships: figures and reference tables, and the record of where each came from.

`data/provenance.toml` names every file with its source, licence, size and SHA-256; nothing is read before it agrees.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from displacement.errors import DisplacementError
from displacement.storage.files import sha256_of

PROVENANCE = "provenance.toml"


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A shipped file: what it holds, who produced it, under which licence, and the checksum of its bytes.

    `release` is the release of a table that the ledger keeps release by release.
    """

    name: str
    title: str
    producer: str
    licence: str
    citation: str
    compiled_on: str
    bytes: int
    sha256: str
    release: str | None = None


def read_provenance(directory: Path) -> dict[str, EmbeddedFile]:
    """Return the record of every shipped file, by file name.

    Raises:
        DisplacementError: the record is missing or cannot be read.
    """
    path = directory / PROVENANCE
    try:
        records = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise DisplacementError(
            f"The record of the shipped data, {path}, cannot be read ({error}). Install displacement again."
        ) from error
    return {name: EmbeddedFile(name=name, **record) for name, record in records.items()}


def verify(directory: Path) -> dict[str, EmbeddedFile]:
    """Return the record of every shipped file after comparing each file's bytes with its checksum.

    Raises:
        DisplacementError: a file is missing or differs from its record in any byte.
    """
    records = read_provenance(directory)
    for name, record in records.items():
        _verify_file(directory / name, record)
    return records


def _verify_file(path: Path, record: EmbeddedFile) -> None:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DisplacementError(
            f"The shipped data file {path} cannot be read ({error.strerror}). Install displacement again."
        ) from error
    if found != record.sha256:
        raise DisplacementError(
            f"The shipped data file {path} is damaged: its checksum is {found[:12]}…, the record says "
            f"{record.sha256[:12]}…. Nothing was built from it. Install displacement again, or restore the file."
        )
