"""The way back: from a figure to the raw page and the row it came from, as they were published."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.sources.flows_workbook import opened
from displacement.sources.landing import Landing, PageRecord, read_records
from displacement.storage.duck import sql_text

ROWS_UNDER = ("items", "results")
"""Where in the envelope of a page its rows stand."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it was published.

    Attributes:
        page: where the raw page came from.
        path: the file that holds it.
        row: the number of the row on the page, from 1; in a workbook the number that it shows beside the row.
        values: the row, every value as it was sent.
    """

    page: PageRecord
    path: Path
    row: int
    values: dict[str, Any]

    @property
    def url(self) -> str:
        """The address of the page, without any key."""
        return self.page.url

    @property
    def sha256(self) -> str:
        """The hash of the page's content."""
        return self.page.sha256


def find_row(
    home: Path, release: date, dataset: str, year: int, origin_unhcr_code: str, asylum_unhcr_code: str
) -> tuple[RawRow, ...]:
    """Return the rows from which the figures of an origin and an asylum in a year came.

    Args:
        home: the home in which the release was captured.
        release: the day of the capture.
        dataset: the table, such as `population`.
        year: the year as the publisher labels it, which for a mid-year release is that of the mid-year.
        origin_unhcr_code: UNHCR's own code, such as `SYR`.
        asylum_unhcr_code: UNHCR's own code, such as `GFR`.

    Returns:
        One row for a table with a row for each origin and asylum; several where it splits them further (asylum tables,
        demographics); none where the release or the figure was not captured here.

    Raises:
        DisplacementError: the record of the release cannot be read, or a raw page is gone or damaged.
    """
    landing = Landing(home)
    directory = landing.directory / release.isoformat()
    record = read_records(directory).get(dataset)
    table = directory / f"{dataset}.parquet"
    if record is None or not table.exists():
        return ()
    if record.state is None:
        return tuple(_of_workbook(landing, record.pages[0], year, origin_unhcr_code, asylum_unhcr_code))
    ends = list(accumulate(record.rows_of_pages))
    found = []
    for number in _rows_of_table(table, year, origin_unhcr_code, asylum_unhcr_code):
        place = bisect_right(ends, number)
        start = ends[place - 1] if place else 0
        found.append(_raw(landing, record.pages[place], number - start))
    return tuple(found)


def _rows_of_table(table: Path, year: int, origin: str, asylum: str) -> list[int]:
    import duckdb

    query = f"""
        select file_row_number
        from read_parquet('{sql_text(table)}', file_row_number = true)
        where try_cast("year" as integer) = {int(year)} and coo = '{sql_text(origin)}' and coa = '{sql_text(asylum)}'
        order by file_row_number
    """
    with duckdb.connect() as connection:
        return [int(number) for (number,) in connection.execute(query).fetchall()]


def _of_workbook(landing: Landing, page: PageRecord, year: int, origin: str, asylum: str) -> Iterator[RawRow]:
    """Give the rows of a workbook that hold a figure: found by reading it again, which takes some seconds."""
    path = landing.page(page.sha256, Path(page.url).suffix.lower())
    with opened(path) as (_, rows):
        for row in rows:
            if (row.cells["year"], row.cells["coo"], row.cells["coa"]) == (str(year), origin, asylum):
                yield RawRow(page, path, row.number, dict(row.cells))


def _raw(landing: Landing, page: PageRecord, place: int) -> RawRow:
    body = landing.read(page.sha256)
    if body is None:
        raise DisplacementError(
            f"The raw page {landing.page(page.sha256)} is gone or damaged, so the row cannot be shown. It came from "
            f"{page.url} at {page.fetched_at}."
        )
    document = json.loads(body)
    rows = next(document[name] for name in ROWS_UNDER if name in document)
    return RawRow(page, landing.page(page.sha256), place + 1, rows[place])
