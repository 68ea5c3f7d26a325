"""The journal of a fetch: which pages of a table have landed, so that an interrupted fetch goes on where it stopped.

Pages count only for the very state of the table in which they were fetched: the number of rows and the sums by year
that were found before the first of them. For a table in another state, or after some hours, it begins anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from displacement.sources.landing import Landing, PageRecord
from displacement.storage.files import write_text

ASKED = "asked.json"


class Journal:
    """The journal of one table: one small file for what was asked, and one for each page that has landed."""

    def __init__(self, landing: Landing, dataset: str, hours: float) -> None:
        self._directory = landing.directory / "journal" / dataset
        self._age = timedelta(hours=hours)

    def begin(self, asked: dict[str, Any]) -> None:
        """Go on with the pages there are if they answer the same question about the same state; or else begin anew."""
        found = _read(self._directory / ASKED)
        if found is None or found.get("asked") != asked or _age(found) > self._age:
            self.clear()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            write_text(self._directory / ASKED, json.dumps({"begun": now, "asked": asked}, ensure_ascii=False) + "\n")

    def page(self, number: int) -> PageRecord | None:
        """Return the record of a page that has landed."""
        found = _read(self._page(number))
        try:
            return PageRecord(**found) if found else None
        except TypeError:
            return None

    def note(self, number: int, record: PageRecord) -> None:
        """Say that a page has landed."""
        write_text(self._page(number), json.dumps(asdict(record), ensure_ascii=False) + "\n")

    def forget(self, number: int) -> None:
        """Say that a page that had landed is no good."""
        self._page(number).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything; what was asked goes first, since pages without it count for nothing."""
        (self._directory / ASKED).unlink(missing_ok=True)
        for path in self._directory.glob("page-*.json"):
            path.unlink(missing_ok=True)

    def _page(self, number: int) -> Path:
        return self._directory / f"page-{number:05}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _age(found: dict[str, Any]) -> timedelta:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(found["begun"])
    except (KeyError, ValueError, TypeError):
        return timedelta.max
