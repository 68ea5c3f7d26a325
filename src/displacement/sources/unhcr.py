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
from displacement.sources.landing import State
from displacement.sources.layouts import read_layouts
from displacement.sources.pages import InconsistentError, Page, PageRows, number_in, within_years
from displacement.sources.publishers import Answer, Publisher, Question, SourceError, Table


@dataclass(frozen=True, slots=True)
class UNHCR:
    """Asks UNHCR about its tables, for the years up to one."""

    publisher: Publisher
    session: Session
    last_year: int

    page_rows: ClassVar[int] = 10_000  # what UNHCR's own script asks for
    rows_under: ClassVar[str] = "items"
    by_origin_and_asylum: ClassVar[bool] = True

    def state(self, table: Table) -> State:
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
        return State(rows, self._world_sums(table) if table.has_figures else {})

    def question(self, table: Table, what: str, *, page: int, limit: int | None = None) -> Question:
        """Return the question for a page of a table, every origin and asylum apart."""
        expanded = {"coo_all": "true", "coa_all": "true"} if table.has_figures else {}
        shown = dict.fromkeys(table.show, 1)
        parameters = {"limit": limit or self.page_rows, "page": page, **self._years(table), **expanded, **shown}
        return self.publisher.question(what, table.path, parameters)

    def check_place(self, page: Page, number: int, state: State) -> None:
        """Compare an envelope with the place of its page.

        Raises:
            InconsistentError: it belongs to another page, or to a table with another number of pages.
        """
        pages = -(-state.rows // self.page_rows)
        if number_in(page, "page") != number:
            raise InconsistentError(f"page {number_in(page, 'page')} came for page {number}")
        if number_in(page, "maxPages") != pages:
            raise InconsistentError(f"page {number} spoke of {number_in(page, 'maxPages')} pages where {pages} belong")

    def check_rows(self, table: Table, rows: PageRows) -> None:
        """Compare the rows of a page with the question.

        Raises:
            SourceError: they answer another.
        """
        wrong = within_years(rows, table.first_year or self.last_year, self.last_year)
        if rows.nameless:
            wrong = f"{rows.nameless:,} rows of a page name no origin or no asylum, so they are sums"
        if wrong:
            raise SourceError(
                f"UNHCR's table {table.dataset} is not used: {wrong}. The interface answered another question than it "
                "was asked; look at its documentation, and at sources/publishers.toml."
            )

    def _years(self, table: Table) -> dict[str, int]:
        return {"yearFrom": table.first_year, "yearTo": self.last_year} if table.first_year is not None else {}

    def _world_sums(self, table: Table) -> dict[str, dict[str, int]]:
        rows: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            parameters = {"limit": self.page_rows, "page": page, **self._years(table)}
            question = self.publisher.question(f"the world figures of {table.dataset}", table.path, parameters)
            found = self.session.ask(question, _read)
            pages = number_in(found, "maxPages")
            rows += found.rows
            page += 1
        return _sums_by_year(rows, _counts(table.dataset))


def _counts(dataset: str) -> list[str]:
    """Return the columns of counts of a table, in whichever layout it comes."""
    layouts = [layout for layout in read_layouts() if (layout.dataset, layout.door) == (dataset, "api")]
    return sorted({column for layout in layouts for column in layout.counts})


def _read(answer: Answer) -> Page:
    page = Page(answer.body, UNHCR.rows_under)
    number_in(page, "maxPages")
    page.rows  # noqa: B018  what is not there is refused here, where it can be asked for again
    return page


def _count(answer: Answer) -> int:
    """Return the rows of a table from the answer to a question for pages of one row."""
    page = _read(answer)
    if len(page.rows) > 1:  # a list that knows no pages comes whole
        return len(page.rows)
    return number_in(page, "maxPages")


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
