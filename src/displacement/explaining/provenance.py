"""The record a figure came from: the row of the publisher's raw answer where it was fetched, else the embedded file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from displacement.embedded import read_provenance
from displacement.ledger import FIGURES, RELEASES

if TYPE_CHECKING:
    from displacement.settings import Settings


@dataclass(frozen=True, slots=True)
class Record:
    """A record a figure came from.

    Attributes:
        says: what it is, in one sentence.
        kind: `raw answer` (a page of the publisher's interface), `embedded` (a file the program ships), or `unknown`.
        sha256: checksum of the page or the file.
        page: number of the page of the answer, and `row` the row on it, from 1.
    """

    kind: str
    says: str
    sha256: str | None = None
    page: int | None = None
    row: int | None = None


def record_of(settings: Settings, release: date) -> Record:
    """Return the record that a figure first published in a release came from."""
    if release in _embedded_releases(settings):
        file = read_provenance(settings.data)[FIGURES]
        says = (
            f"{file.title}; producer {file.producer}; compiled on {file.compiled_on}; shipped as {FIGURES} "
            f"(SHA-256 {file.sha256[:12]}…, verified on each build). The raw answers of this release are not kept."
        )
        return Record("embedded", says, file.sha256)
    return Record("unknown", f"The raw answers of the release of {release} are not in {settings.home}.")


def _embedded_releases(settings: Settings) -> set[date]:
    lines = (settings.data / RELEASES).read_text(encoding="utf-8").splitlines()[1:]
    return {date.fromisoformat(line.split(",", 1)[0]) for line in lines if line}
