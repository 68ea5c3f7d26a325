"""The data the package ships: figures and reference tables, and the record of where each came from.

`data/provenance.toml` names every file with its source, licence, size and SHA-256; nothing is read before it agrees.
The shipped ledger is releases in compact form: their figures with spans. They are never judged.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from displacement.errors import DisplacementError
from displacement.storage.files import sha256_of

PROVENANCE = "provenance.toml"
FIGURES = "figures.parquet"
RELEASES = "releases.csv"
RELEASE_DATASETS = "release_datasets.csv"

Key = tuple[date, str]
"""A release and a dataset."""


@dataclass(frozen=True, slots=True)
class ShippedLedger:
    """What the package ships of a ledger.

    Attributes:
        figures: the file of figures with their spans; None of a ledger that was begun empty.
        newest: the newest reference date of each dataset of a release.
        tables: the file of each dataset of a release that has no indicators.
        titles: the title of each release that the program knows, and the day it was published.
    """

    figures: Path | None
    newest: Mapping[Key, date]
    tables: Mapping[Key, Path]
    titles: Mapping[date, tuple[str, str]]


def read_shipped(directory: Path, *, is_left_out: bool = False) -> ShippedLedger:
    """Return what the package ships of a ledger; only the titles where it is left out."""
    titles = {
        date.fromisoformat(row["release"]): (row["title"], row["published_on"])
        for row in read_rows(directory / RELEASES)
    }
    if is_left_out:
        return ShippedLedger(None, {}, {}, titles)
    newest = {
        (date.fromisoformat(row["release"]), row["dataset"]): date.fromisoformat(row["newest_reference_date"])
        for row in read_rows(directory / RELEASE_DATASETS)
    }
    tables = {
        (date.fromisoformat(one.release), Path(one.name).stem): directory / one.name
        for one in read_provenance(directory).values()
        if one.release
    }
    return ShippedLedger(directory / FIGURES, newest, tables, titles)


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file, every value as text."""
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


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
            f"The shipped data file {path} is damaged: its checksum is {found[:12]}…, the record has "
            f"{record.sha256[:12]}…. Nothing was built from it. Install displacement again, or restore the file."
        )
