"""IDMC's interface: displacement by conflict and by disaster, for a user who has a key.

Stocks and movements of conflict and of disaster are figures of their own; those of disaster are never part of the total
of forced displacement. The key comes back inside the links of every page, and is taken out before a page is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from displacement.settings import Addresses
from displacement.sources.http import Session
from displacement.sources.landing import TableState
from displacement.sources.pages import InconsistentError, SourcePage
from displacement.sources.publishers import Answer, Question, SourceError, SourcePublisher, SourceTable

WITHOUT_KEY = "IDMC is not asked without a key: register with IDMC, and set IDMC_CLIENT_ID to the key you are given."


def why_not_asked(addresses: Addresses) -> str | None:
    """Return the line that explains why IDMC is not asked; None where it is."""
    return None if addresses.idmc_client_id else WITHOUT_KEY


@dataclass(frozen=True, slots=True)
class IDMC:
    """Asks IDMC about its tables; figures have to be of years up to one."""

    publisher: SourcePublisher
    session: Session
    last_year: int

    page_rows: ClassVar[int] = 100  # what others ask for, and what the recorded answers hold
    rows_under: ClassVar[str] = "results"

    def state(self, table: SourceTable) -> TableState:
        """Return the state of a table: its rows, and the day on which, as IDMC states, it changed.

        Raises:
            SourceError: IDMC does not give it, or there are no rows.
        """
        state = self.session.ask(self._question(table, f"the state of {table.dataset}", limit=1, offset=0), _state)
        if not state.rows:
            raise SourceError(f"IDMC has no rows in its table {table.dataset}, so nothing of it is used.")
        return state

    def question(self, table: SourceTable, what: str, *, page: int) -> Question:
        """Return the question for a page of a table."""
        return self._question(table, what, limit=self.page_rows, offset=self.page_rows * (page - 1))

    def check_place(self, page: SourcePage, number: int, state: TableState) -> None:
        """Compare an envelope with the state of the table.

        Raises:
            InconsistentError: it belongs to a table in another state.
        """
        if page.number("count") != state.rows or _updated(page) != state.marks["last updated"]:
            raise InconsistentError(f"page {number} belongs to a table that was updated meanwhile")

    def check_rows(self, table: SourceTable, page: SourcePage) -> None:
        """Compare the rows of a page with the question.

        Raises:
            SourceError: they are of other years.
        """
        wrong = page.wrong_years(table.first_year or self.last_year, self.last_year)
        if wrong:
            raise SourceError(f"IDMC's table {table.dataset} is not used: {wrong}.")

    def _question(self, table: SourceTable, what: str, *, limit: int, offset: int) -> Question:
        return self.publisher.question(what, table.path, {"format": "json", "limit": limit, "offset": offset})


def _state(answer: Answer) -> TableState:
    page = SourcePage.read(answer.body, IDMC.rows_under)
    return TableState(page.number("count"), marks={"last updated": _updated(page)})


def _updated(page: SourcePage) -> str:
    return str(page.envelope.get("last_updated"))
