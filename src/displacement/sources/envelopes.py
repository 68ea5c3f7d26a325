"""The envelope of a page: what stands around its rows, read without reading the rows, and the keys of the rows.

Rows are read by DuckDB, many times faster than Python could; but it drops keys it does not know and fills in those that
are missing. Here is found out whether it had to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from displacement.sources.questions import PassingFaultError

FIRST_ROW = 1 << 16
"""Bytes in which the first row of a page ends; a longer one is found by reading the whole page."""


@dataclass(frozen=True)
class Page:
    """The bytes of a page, whose rows stand under a name of the envelope."""

    body: bytes
    rows_under: str

    @cached_property
    def _parts(self) -> tuple[bytes, int] | None:
        """The page without its rows, and where these begin."""
        start = re.search(rb'"' + self.rows_under.encode() + rb'"\s*:\s*\[', self.body)
        return (self.body[: start.end()] + self.body[self.body.rfind(b"]") :], start.end()) if start else None

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """What stands around the rows.

        Raises:
            PassingFaultError: the page is no JSON, or no object.
        """
        found = _parsed(self._parts[0]) if self._parts else None
        return found if isinstance(found, dict) else self.document

    @cached_property
    def document(self) -> dict[str, Any]:
        """The page, read by Python: slow, and only done where it has to be.

        Raises:
            PassingFaultError: it is no JSON, or no object.
        """
        document = _parsed(self.body)
        if document is None:
            raise PassingFaultError("the answer was no JSON, or cut short")
        if not isinstance(document, dict):
            raise PassingFaultError("the answer was JSON of another form")
        return document

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows, read by Python."""
        rows = self.document.get(self.rows_under)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PassingFaultError(f"the answer had no rows under {self.rows_under!r}")
        return rows

    @cached_property
    def first_keys(self) -> tuple[str, ...] | None:
        """The keys of the first row; None where there is no row."""
        if self._parts:
            start = self._parts[1]
            text = self.body[start : start + FIRST_ROW].decode("utf-8", "ignore").lstrip()
            try:
                row, _ = json.JSONDecoder().raw_decode(text)
            except ValueError:
                pass  # no row, or a very long one
            else:
                return tuple(row) if isinstance(row, dict) else None
        return tuple(self.rows[0]) if self.rows else None

    def has_just(self, columns: Collection[str], rows: int, with_nulls: Collection[str]) -> bool:
        """Say whether every row has these keys and no others, as far as that can be told without reading them.

        Args:
            columns: the keys every row should have.
            rows: how many rows were read.
            with_nulls: those of the columns in which something was missing, or null.

        Returns:
            False where the rows have to be read to know.
        """
        if self._parts is None:
            return False
        inside = self.body.count(b'":') - self._parts[0].count(b'":')
        return inside == rows * len(columns) and all(
            self.body.count(f'"{column}":'.encode()) == rows for column in with_nulls
        )


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
