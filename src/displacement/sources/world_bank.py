"""The World Bank's indicators: population and gross domestic product, the denominators.

Its errors come as answers with status 200, numbers of its envelope as text, and aggregates stand among the countries.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from displacement.sources.http import Session
from displacement.sources.landing import Landing, PageRecord, TableState
from displacement.sources.publishers import Answer, PassingFaultError, Series, SourceError, SourcePublisher
from displacement.storage.files import written_whole

PAGE_ROWS = 20_000
"""More rows than a series has: 266 countries and aggregates times the years since 1960."""

DATASET = "denominators"

Figure = tuple[str, str, int, int]
"""A denominator: indicator, country, year, value."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The denominators, sorted; the records of their pages with the figures each gave; and the state of the series."""

    figures: tuple[Figure, ...]
    pages: tuple[PageRecord, ...]
    figures_of_pages: tuple[int, ...]
    state: TableState


@dataclass(frozen=True, slots=True)
class WorldBank:
    """Asks the World Bank for its series, for the years up to one."""

    publisher: SourcePublisher
    session: Session
    last_year: int

    def state(self, series: Iterable[Series]) -> TableState:
        """Return the state of all series: their rows, and the day on which each changed.

        Raises:
            SourceError: the World Bank does not give it.
        """
        rows, marks = 0, {}
        for each in series:
            head, _, _ = self._page(each, 1, 1)
            rows += _number(head, "total")
            marks[f"{each.indicator} last updated"] = str(head.get("lastupdated"))
        return TableState(rows, marks=marks)

    def fetch(self, series: tuple[Series, ...], landing: Landing, countries: Path) -> Fetched:
        """Fetch all series; those of countries that are on the list, where something was reported.

        Raises:
            SourceError: the World Bank does not give them, or gives something else.
        """
        known = _codes(countries)
        before = self.state(series)
        figures: list[Figure] = []
        records: list[PageRecord] = []
        counts: list[int] = []
        for each in series:
            for answer, rows in self._pages(each):
                record = PageRecord.of(answer, self.publisher)
                landing.land(answer.body, record)
                found = [figure for row in rows for figure in self._figure(each, row, known)]
                figures += found
                records.append(record)
                counts.append(len(found))
        if self.state(series) != before:
            raise SourceError("The World Bank changed its figures while they were fetched. Run the command again.")
        if len({figure[:3] for figure in figures}) != len(figures):
            raise SourceError("The World Bank gave figures of the same country and year twice, so none is used.")
        return Fetched(tuple(sorted(figures)), tuple(records), tuple(counts), before)

    def _pages(self, series: Series) -> Iterator[tuple[Answer, list[dict[str, Any]]]]:
        number, pages, came, total = 1, 1, 0, 0
        while number <= pages:
            head, rows, answer = self._page(series, number, PAGE_ROWS)
            pages, total = _number(head, "pages"), _number(head, "total")
            came += len(rows)
            yield answer, rows
            number += 1
        if came != total or not came:
            raise SourceError(
                f"The World Bank gave {came:,} rows of {series.code} of {total:,} that it states, so none is used."
            )

    def _page(self, series: Series, page: int, size: int) -> tuple[dict[str, Any], list[dict[str, Any]], Answer]:
        years = f"{series.first_year}:{self.last_year}"
        question = self.publisher.question(
            f"page {page} of {series.code}",
            f"country/all/indicator/{series.code}",
            {"format": "json", "date": years, "per_page": size, "page": page},
        )
        head, rows, answer = self.session.ask(question, _opened)
        if "message" in head:
            message = json.dumps(head["message"], ensure_ascii=False)[:200]
            raise SourceError(
                f"The World Bank does not give {series.code}; its message: {answer.question.without_keys(message)}."
            )
        return head, rows, answer

    def _figure(self, series: Series, row: dict[str, Any], known: frozenset[str]) -> Iterator[Figure]:
        """Give the figure of a row, if it is of a country and something was reported.

        Raises:
            SourceError: it is a row of something else.
        """
        try:
            code, year = row["indicator"]["id"], int(row["date"])
            country, value = row["countryiso3code"], row["value"]
            number = None if value is None else round(float(value))
        except (KeyError, TypeError, ValueError):
            raise SourceError(f"The World Bank gave a row of {series.code} in a form that is not known.") from None
        if code != series.code or not series.first_year <= year <= self.last_year:
            raise SourceError(f"The World Bank was asked for {series.code} and gave {code} of {year}, so none is used.")
        if number and number > 0 and country in known:
            yield series.indicator, country, year, number


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write denominators as Parquet, in the form of those that are shipped."""
    import pyarrow as pa
    from pyarrow import parquet

    names = ("indicator", "country", "year", "value")
    types = (pa.string(), pa.string(), pa.int16(), pa.int64())
    columns = [pa.array(column, kind) for column, kind in zip(zip(*figures, strict=True), types, strict=True)]
    with written_whole(path) as temporary:
        parquet.write_table(pa.table(dict(zip(names, columns, strict=True))), temporary)


def _codes(countries: Path) -> frozenset[str]:
    with countries.open(encoding="utf-8", newline="") as stream:
        return frozenset(row["iso3"] for row in csv.DictReader(stream))


def _opened(answer: Answer) -> tuple[dict[str, Any], list[dict[str, Any]], Answer]:
    """Return the head and the rows of an answer, which is a list of the two; or a head that holds a message."""
    try:
        document = json.loads(answer.body.decode("utf-8-sig"))
        head = document[0]
        rows = document[1] if len(document) > 1 else []
    except (ValueError, LookupError, TypeError):
        raise PassingFaultError("the answer was no JSON of the expected form, or cut short") from None
    if not isinstance(head, dict) or not isinstance(rows, list | None):
        raise PassingFaultError("the answer was JSON of another form")
    return head, rows or [], answer


def _number(head: dict[str, Any], name: str) -> int:
    try:
        return int(head[name])
    except (KeyError, TypeError, ValueError):
        raise SourceError(f"The World Bank's answer does not say {name!r}.") from None
