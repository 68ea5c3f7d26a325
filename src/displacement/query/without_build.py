"""The file to ask where nothing is built: made once from the figures that come with the program, kept in a cache.

It is the file of a build without what a build records of itself: no results of checks, no lineage. For a single table
only that table and those it is made from are computed. Files are named by the content they are made from and never
change, so the cache may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build.manifest import FILE_NAME, Identity
from displacement.build.models import read_models
from displacement.build.warehouse import Warehouse, described_macros
from displacement.catalogue import HERE as CATALOGUE
from displacement.ledger import FIGURES
from displacement.ledger.shipped import PROVENANCE, RELEASES, read_provenance, read_rows
from displacement.settings import SCHEMA_VERSION, __version__
from displacement.storage.files import unwritable, write_text

if TYPE_CHECKING:
    from displacement.settings import Settings

WHOLE = "all"
RECORDS = ("lineage", "quality_results")
"""Tables of what a build records of itself: empty here."""


def cache_directory(environment: Mapping[str, str] | None = None) -> Path:
    """Return where files are kept: `DISPLACEMENT_CACHE`, else the user's directory for caches."""
    values = os.environ if environment is None else environment
    if values.get("DISPLACEMENT_CACHE"):
        return Path(values["DISPLACEMENT_CACHE"]).absolute()
    return Path(values.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "displacement"


def made_from_shipped(settings: Settings, table: str | None = None, directory: Path | None = None) -> Path:
    """Return the directory of a file with a table, or with all tables and macros; make it unless it is there.

    Args:
        settings: where the shipped figures and the SQL are.
        table: the only table that is asked for; None for all, which takes some seconds the first time.
        directory: where files are kept; the user's cache unless given.

    Raises:
        DisplacementError: the shipped figures are damaged, or the cache cannot be written.
    """
    kept = (directory or cache_directory()) / _key(settings.data, settings.sql)
    wanted = next((name for name in (WHOLE, table) if name and (kept / name).exists()), table or WHOLE)
    if not (kept / wanted).exists():
        try:
            _keep(settings, table, kept / wanted)
        except OSError as error:
            if not (kept / wanted).exists():  # else another process was quicker
                raise unwritable(kept, error) from error
    return kept / wanted


def _keep(settings: Settings, table: str | None, place: Path) -> None:
    """Make the file beside its place and move it there whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as making:
        _make(replace(settings, home=Path(making), ledger=settings.data), table)
        whole = Path(making) / place.name
        whole.mkdir()
        (Path(making) / FILE_NAME).rename(whole / FILE_NAME)
        whole.rename(place)


def _make(settings: Settings, table: str | None) -> None:
    """Make the file in the home of the settings."""
    wanted = frozenset({table, "countries", "releases"} if table else ())
    _write_records(settings, with_macros=table in (None, "macros"))
    warehouse = Warehouse(settings, settings.home / FILE_NAME)
    try:
        for model in read_models(settings.sql, wanted).values():
            warehouse.make(model)
        if table is None:
            warehouse.complete()
    finally:
        warehouse.close()


def _write_records(settings: Settings, *, with_macros: bool) -> None:
    """Write what a build records of itself; to describe the macros takes longer than to make a small table."""
    days = sorted(row["release"] for row in read_rows(settings.data / RELEASES))
    figures = read_provenance(settings.data)[FIGURES].sha256
    identity = Identity(
        build_id=f"shipped-{figures[:12]}",
        schema_version=SCHEMA_VERSION,
        displacement_version=__version__,
        commit=None,
        newest_release=days[-1],
        releases=",".join(days),
        built_at=datetime.now(UTC).isoformat(timespec="seconds").removesuffix("+00:00"),
        inputs_sha256=_key(settings.data, settings.sql),
        figures_sha256=figures,
    )
    records: dict[str, list[dict[str, Any]]] = {name: [] for name in RECORDS}
    records |= {"build": [asdict(identity)], "macros": [*described_macros(settings)] if with_macros else []}
    for name, rows in records.items():
        write_text(settings.records / f"{name}.json", json.dumps(rows))


@cache
def _key(data: Path, sql: Path) -> str:
    """Return a checksum of what the tables are made from: the record of the shipped data, the SQL, the catalogue."""
    digest = hashlib.sha256(f"{__version__} {SCHEMA_VERSION}".encode())
    described = sorted(CATALOGUE.rglob("*.toml"))
    for path in (data / PROVENANCE, *sorted(sql.rglob("*.sql")), *described):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
