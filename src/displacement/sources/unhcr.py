"""UNHCR's interface: how its tables are asked for, and how to know that an answer answers the question.

It answers 200 with plausible rows to questions it does not understand: a parameter it does not know is ignored, and the
rows are then sums over the world, or of all years. So every row has to name an origin and an asylum, and to lie in the
years asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from displacement.sources.http import Session
from displacement.sources.landing import TableState
from displacement.sources.layouts import read_layouts
from displacement.sources.pages import InconsistentError, SourcePage
from displacement.sources.publishers import Answer, Question, SourceError, SourcePublisher, SourceTable

NAMES = ("coo", "coo_id", "coa", "coa_id")
"""The columns in which a dash means that a row is a sum over origins or over places of asylum."""


@dataclass(frozen=True, slots=True)
class UNHCR:
    """Asks UNHCR about its tables, for the years up to one."""

    publisher: SourcePublisher
    session: Session
    last_year: int

    page_rows: ClassVar[int] = 10_000  # what UNHCR's own script asks for
    rows_under: ClassVar[str] = "items"

    def state(self, table: SourceTable) -> TableState:
        """Return the state of a table, found with a few small questions.

        Raises:
            SourceError: UNHCR does not give it, or there are no rows.
        """
        count = self.question(table, f"the number of rows of {table.dataset}", page=1, limit=1)
        rows = self.session.ask(count, _count)
        if not rows:
            raise SourceError(
                f"UNHCR has no rows in its table {table.dataset}: it is gone, or the question is no longer understood."
            )
        return TableState(rows, self._world_sums(table) if table.has_figures else {})

    def question(self, table: SourceTable, what: str, *, page: int, limit: int | None = None) -> Question:
        """Return the question for a page of a table, every origin and asylum apart."""
        expanded = {"coo_all": "true", "coa_all": "true"} if table.has_figures else {}
        shown = dict.fromkeys(table.show, 1)
        parameters = {"limit": limit or self.page_rows, "page": page, **self._years(table), **expanded, **shown}
        return self.publisher.question(what, table.path, parameters)

    def check_place(self, page: SourcePage, number: int, state: TableState) -> None:
        """Compare an envelope with the place of its page.

        Raises:
            InconsistentError: it belongs to another page, or to a table with another number of pages.
        """
        pages = -(-state.rows // self.page_rows)
        if page.number("page") != number:
            raise InconsistentError(f"page {page.number('page')} came for page {number}")
        if page.number("maxPages") != pages:
            raise InconsistentError(f"page {number} spoke of {page.number('maxPages')} pages where {pages} belong")

    def check_rows(self, table: SourceTable, page: SourcePage) -> None:
        """Compare the rows of a page with the question.

        Raises:
            SourceError: they answer another.
        """
        wrong = page.wrong_years(table.first_year or self.last_year, self.last_year)
        nameless = max(sum(row.get(name) == "-" for row in page.rows) for name in NAMES)
        if nameless:
            wrong = f"{nameless:,} rows of a page name no origin or no asylum, so they are sums"
        if wrong:
            raise SourceError(
                f"UNHCR's table {table.dataset} is not used: {wrong}. The interface answered another question than it "
                "was asked; look at its documentation, and at sources/publishers.toml."
            )

    def _years(self, table: SourceTable) -> dict[str, int]:
        return {"yearFrom": table.first_year, "yearTo": self.last_year} if table.first_year is not None else {}

    def _world_sums(self, table: SourceTable) -> dict[str, dict[str, int]]:
        rows: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            parameters = {"limit": self.page_rows, "page": page, **self._years(table)}
            question = self.publisher.question(f"the world figures of {table.dataset}", table.path, parameters)
            found = self.session.ask(question, _read)
            pages = found.number("maxPages")
            rows += found.rows
            page += 1
        return _sums_by_year(rows, _counts(table.dataset))


def _counts(dataset: str) -> list[str]:
    """Return the columns of counts of a table, in whichever layout it comes."""
    layouts = [layout for layout in read_layouts() if (layout.dataset, layout.door) == (dataset, "api")]
    return sorted({column for layout in layouts for column in layout.counts})


def _read(answer: Answer) -> SourcePage:
    page = SourcePage.read(answer.body, UNHCR.rows_under)
    page.number("maxPages")  # what is not there is refused here, where it can be asked for again
    return page


def _count(answer: Answer) -> int:
    """Return the rows of a table from the answer to a question for pages of one row."""
    page = _read(answer)
    if len(page.rows) > 1:  # a list that knows no pages comes whole
        return len(page.rows)
    return page.number("maxPages")


def _sums_by_year(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return the sums of some columns by year, as far as they hold whole numbers."""
    wanted = tuple(columns)
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        of_year = sums.setdefault(str(row.get("year")), {})
        for column in wanted:
            text = str(row.get(column))
            if text.removeprefix("-").isdecimal() and int(text):
                of_year[column] = of_year.get(column, 0) + int(text)
    return sums
