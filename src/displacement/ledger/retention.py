"""What a home may forget: old captures that brought nothing new. What the ledger rests on stays for ever."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import DisplacementError
from displacement.ledger import readings
from displacement.ledger.shipped import read_shipped
from displacement.sources import nowcasts
from displacement.sources.landing import Landing, newest_records

if TYPE_CHECKING:
    from displacement.settings import Settings

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
HASH = re.compile(r"[0-9a-f]{64}")


def prune(settings: Settings, today: date) -> list[Path]:
    """Remove captures, raw pages and rows in quarantine that are older than `keep_days`, and return them.

    The tables and rows of a release that is in the ledger stay, whatever their age, and so do the raw pages of every
    capture that stays: each figure can be traced to the page it came from. Nothing is removed while a fetch is running.

    Raises:
        DisplacementError: a record of a capture, or the name of a reading, cannot be read.
    """
    landing = Landing(settings.home)
    if not settings.keep_days or not landing.directory.is_dir():
        return []
    before = today - timedelta(days=settings.keep_days)
    kept = {name.partition("/")[0] for name in readings.names(settings.ledger_home)} | _latest(landing.directory)
    kept |= {release.isoformat() for release, _ in read_shipped(settings.data).newest}
    removed = []
    with suppress(DisplacementError), landing.only_fetch():
        for path in (*landing.directory.iterdir(), *_inside(settings.quarantine), *_inside(settings.home / "intake")):
            day = DAY.match(path.name)
            if day and day[0] not in kept and _is_older(path, before):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
                removed.append(path)
        removed += list(_unused_pages(landing.directory, nowcasts.kept(settings), before))
    return removed


def _latest(landing: Path) -> set[str]:
    """Return the newest capture of each dataset: the next one is compared with it."""
    found = newest_records(landing)
    days = sorted(path.name for path in landing.glob("????-??-??"))
    return {max((day for day in days if (landing / day / f"{name}.parquet").exists()), default="") for name in found}


def _is_older(path: Path, day: date) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date() < day


def _inside(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []


def _unused_pages(landing: Path, snapshots: Sequence[Path], before: date) -> Iterator[Path]:
    """Remove and yield old raw pages, and their records, that no capture, no nowcast and no unfinished fetch names."""
    records = [path for path in landing.rglob("*.json") if "pages" not in path.relative_to(landing).parts]
    used = {page for path in (*records, *snapshots) for page in HASH.findall(path.read_text(encoding="utf-8"))}
    for path in (landing / "pages").glob("??/*"):
        if path.name[:64] not in used and _is_older(path, before):
            path.unlink(missing_ok=True)
            yield path
