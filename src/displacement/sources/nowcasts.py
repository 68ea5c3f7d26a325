"""UNHCR's nowcasts: its estimates of refugees and asylum-seekers at the end of a month, kept by the day of capture.

The interface serves the newest month only, so each snapshot is kept for ever: `home/ledger/nowcasts/<day>-<sha12>.json`
holds its rows as they were published, and the hash of the raw page. Files are only added. A nowcast is no figure: the
model `nowcasts` reads these files, and nothing of them enters the facts of a release.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.settings import Addresses
from displacement.sources import publishers
from displacement.sources.pages import SourcePage, table_of
from displacement.sources.publishers import SourceError
from displacement.storage.files import write_text

if TYPE_CHECKING:
    from displacement.settings import Settings
    from displacement.sources.http import Limits

DATASET = "nowcasting"
PUBLISHED = ("year", "month", "coa", "refugees", "asylum_seekers", "source")
COLUMNS = ("captured_on", *PUBLISHED, "page")
"""Of a row that is kept, all of them text: the day it was captured and the hash of its raw page beside the row."""


def kept(settings: Settings) -> list[Path]:
    """Return the files of the snapshots, oldest first."""
    return sorted(settings.nowcasts.glob("????-??-??-*.json"))


def capture_nowcasts(
    settings: Settings, *, addresses: Addresses | None = None, day: date, limits: Limits | None = None
) -> Path | None:
    """Ask UNHCR for its nowcast and keep it; return the new file, or None where nothing is new.

    A day has one snapshot, as it has one state of each table: what changes again on the same day is kept the next.

    Raises:
        SourceError: it is not given, or is no longer what was reviewed; its raw page is kept.
        DisplacementError: another fetch is running, or the directory cannot be written.
    """
    from displacement.sources.http import Session, read_limits  # the models read what is kept, and ask nobody
    from displacement.sources.landing import Landing, PageRecord

    unhcr = publishers.unhcr(addresses or Addresses.from_environment())
    landing, terms = Landing(settings.home), publishers.unhcr_nowcasting()
    with landing.only_fetch(), Session(limits or read_limits()) as session:
        question = unhcr.question("its nowcast", terms.path, {"limit": 10_000, "page": 1})
        answer, page = session.ask(question, lambda answer: (answer, SourcePage.read(answer.body, "items")))
        record = PageRecord.of(answer, terms)
        landing.land(answer.body, record)  # before it is judged: next month it is gone
        rows = [{"captured_on": str(day), **row, "page": record.sha256} for row in _rows(page)]
        before = kept(settings)
        if before and (before[-1].name.startswith(str(day)) or _published(before[-1]) == _without_capture(rows)):
            return None
        text = json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
        path = settings.nowcasts / f"{day}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
        write_text(path, text)
        return path


def _published(path: Path) -> list[dict[str, str]]:
    return _without_capture(json.loads(path.read_text(encoding="utf-8")))


def _without_capture(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: row[name] for name in PUBLISHED} for row in rows]


def _rows(page: SourcePage) -> list[dict[str, str]]:
    """Return the rows of a snapshot, in the order of their month and place.

    Raises:
        SourceError: they have other columns, are on several pages, or one is no nowcast of a place and a month.
    """
    rows = table_of(DATASET, page).to_pylist() if page.rows else []
    wrong = [row for row in rows if not _is_nowcast(row)]
    keys = {(row["year"], row["month"], row["coa"], row["source"]) for row in rows}
    if wrong or not rows or page.number("maxPages") != 1 or len(keys) < len(rows):
        what = f"one row is {wrong[0]}" if wrong else f"{len(rows):,} rows for {len(keys):,} places and months"
        raise SourceError(
            f"UNHCR's nowcast is not used: it has {what}, on {page.number('maxPages')} pages. Look at what changed, "
            "then at sources/nowcasts.py; the raw page is kept below landing/pages for now."
        )
    return sorted(({name: row[name] for name in PUBLISHED} for row in rows), key=lambda row: tuple(row.values()))


def _is_nowcast(row: dict[str, str | None]) -> bool:
    """Say whether a row is of all origins, names a place and a month, and has counts that are numbers or missing."""
    try:
        datetime.strptime(f"{row['year']} {row['month']}", "%Y %B")  # noqa: DTZ007
    except ValueError:
        return False
    counts = [row["refugees"], row["asylum_seekers"]]
    return row["coo"] == "-" and bool(row["coa"]) and all(one and (one == "-" or one.isdecimal()) for one in counts)
