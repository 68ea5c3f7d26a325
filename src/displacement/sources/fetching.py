"""Fetching a whole table that comes in pages, from whichever publisher, and knowing that it is whole.

There are as many rows as the publisher says before and after, every page holds the rows that belong on it, no row
stands in the table twice, and the table is in the same state after as before. What a publisher's pages look like, and
what its rows must be, is said in its own module.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from displacement.sources.assembly import Assembly, AssemblyLine, PageRows
from displacement.sources.envelopes import Page
from displacement.sources.http import Session
from displacement.sources.journal import Journal
from displacement.sources.landing import Landing, PageRecord
from displacement.sources.publishers import Publisher, Table
from displacement.sources.questions import Answer, PassingFaultError, Question, SourceError
from displacement.sources.states import State, in_words

Watch = Callable[[str, int, int], None]
"""Told the dataset, the pages that have come and the pages there are."""

Landed = tuple[PageRecord, Any]
"""The record of a page, and the sums of the whole table that its envelope states, if it does."""


class InconsistentError(Exception):
    """Pages of a table do not fit together: it may have changed meanwhile. The message is the end of a sentence."""


class UnsoundError(InconsistentError):
    """All pages came, each in its place, and yet they make no sound table; `served` are the hashes of the pages."""

    def __init__(self, message: str, served: tuple[str, ...]) -> None:
        super().__init__(message)
        self.served = served


class Asking(Protocol):
    """Knows how a publisher is asked for its tables, and what its answers must be."""

    @property
    def publisher(self) -> Publisher:
        """Who is asked."""

    @property
    def session(self) -> Session:
        """How."""

    @property
    def page_rows(self) -> int:
        """Rows of a page that is full."""

    @property
    def rows_under(self) -> str:
        """Where in an envelope the rows stand."""

    @property
    def by_origin_and_asylum(self) -> bool:
        """Whether figures name an origin and an asylum as UNHCR does."""

    def state(self, table: Table) -> State:
        """Return the state of a table."""

    def question(self, table: Table, what: str, *, page: int) -> Question:
        """Return the question for one of its pages."""

    def fits(self, page: Page, number: int, state: State) -> None:
        """Hold an envelope against the place of its page; raise `InconsistentError` where it does not fit."""

    def answers(self, table: Table, rows: PageRows) -> None:
        """Hold the rows of a page against the question; raise `SourceError` where they answer another."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A table that was fetched whole: its rows, the records of its pages in order, and the state it was in."""

    assembly: Assembly
    pages: tuple[PageRecord, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Fetching:
    """Fetches whole tables.

    Attributes:
        line: where they are put together.
        pool: its threads read pages; whoever waits for a table must not be one of them.
    """

    landing: Landing
    line: AssemblyLine
    pool: Executor
    watch: Watch | None = None

    def fetch(self, asking: Asking, table: Table) -> Fetched:
        """Fetch a table, again if it changed meanwhile.

        Raises:
            SourceError: it is not given, what is given is not what was asked for, or it changes all the time.
        """
        limits = asking.session.limits
        journal = Journal(self.landing, table.dataset, limits.journal_hours)
        name = f"{asking.publisher.name}'s table {table.dataset}"
        reason, served = "", tuple[str, ...]()
        for _ in range(limits.table_attempts):
            try:
                return self._once(asking, table, journal)
            except UnsoundError as error:
                if error.served == served:
                    raise SourceError(f"{name} is not used: {error}, and the same when it was fetched anew.") from None
                reason, served = str(error), error.served
                journal.clear()  # nobody knows which of the pages is the wrong one
            except InconsistentError as error:
                reason = str(error)
        raise SourceError(
            f"{name} is not used: it was fetched {limits.table_attempts} times, and the last time {reason}. "
            "This may pass: run the command again later."
        )

    def _once(self, asking: Asking, table: Table, journal: Journal) -> Fetched:
        before = asking.state(table)
        journal.begin({"question": asking.question(table, "", page=1).shown, "state": before.as_record()})
        assembly = Assembly(
            self.line,
            table.dataset,
            rows_under=asking.rows_under,
            dated=table.has_figures,
            named=table.has_figures and asking.by_origin_and_asylum,
        )
        try:
            landed = _Pages(self, asking, table, before, assembly, journal).all()
            after = asking.state(table)
            if after != before:
                raise InconsistentError(f"it changed meanwhile ({in_words(after.differences(before))})")
            records = tuple(record for record, _ in landed)
            assembly.finish()
            unsound = _rows_twice(assembly) or _sums_apart(assembly, [total for _, total in landed])
            if unsound:
                raise UnsoundError(unsound, tuple(record.sha256 for record in records))
        except BaseException:
            assembly.drop()
            raise
        return Fetched(assembly, records, after)


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages of a table in one state."""

    by: Fetching
    asking: Asking
    table: Table
    state: State
    assembly: Assembly
    journal: Journal

    def all(self) -> list[Landed]:
        """Return what landed of every page, in order; the first that fails stops the others."""
        futures = [self.by.pool.submit(self._page, number) for number in range(1, self._number + 1)]
        done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
        for future in waiting:
            future.cancel()
        wait(futures)
        for future in done:
            error = future.exception()
            if error is not None:
                raise error
        return [future.result() for future in futures]

    @property
    def _number(self) -> int:
        return -(-self.state.rows // self.asking.page_rows)

    def _page(self, number: int) -> Landed:
        """Return what landed of a page; it is fetched unless it has landed before."""
        outcome = self._landed_before(number)
        if outcome is None:
            what = f"page {number} of {self._number} of {self.table.dataset}"
            question = self.asking.question(self.table, what, page=number)
            outcome = self.asking.session.ask(question, lambda answer: self._land(number, answer))
            self.journal.note(number, outcome[0])
        if self.by.watch is not None:
            self.by.watch(self.table.dataset, self.assembly.pages, self._number)
        return outcome

    def _land(self, number: int, answer: Answer) -> Landed:
        record = PageRecord.of(answer, self.table)
        page = Page(answer.body, self.asking.rows_under)
        return record, self.by.landing.land(answer.body, record, lambda path: self._add(number, path, page))

    def _landed_before(self, number: int) -> Landed | None:
        record = self.journal.page(number)
        body = self.by.landing.read(record.sha256) if record else None
        if record is None or body is None:
            return None
        try:
            path = self.by.landing.page(record.sha256)
            return record, self._add(number, path, Page(body, self.asking.rows_under))
        except (InconsistentError, PassingFaultError):
            self.journal.forget(number)
            return None

    def _add(self, number: int, path: Path, page: Page) -> Any:
        """Read a page into the table, hold it against its place and the question, and return the sums it states."""
        rows = self.assembly.add(number, path, page)
        self.asking.fits(page, number, self.state)
        full = self.asking.page_rows
        expected = full if number < self._number else self.state.rows - full * (self._number - 1)
        if rows.rows != expected:
            raise InconsistentError(f"page {number} had {rows.rows:,} rows where {expected:,} belong")
        if self.table.has_figures:
            self.asking.answers(self.table, rows)
        return page.envelope.get("total")


def number_in(page: Page, name: str) -> int:
    """Return a number of an envelope, which may come as text.

    Raises:
        PassingFaultError: it is not there.
    """
    try:
        return int(page.envelope[name])
    except (KeyError, TypeError, ValueError):
        raise PassingFaultError(f"the answer did not say {name!r}") from None


def within_years(rows: PageRows, first: int, last: int) -> str:
    """Return what is wrong with the years of a page, given those asked for; nothing where they are right."""
    if rows.unreadable_years:
        return f"{rows.unreadable_years:,} rows of a page have no year"
    if rows.first_year is None or rows.last_year is None or first <= rows.first_year <= rows.last_year <= last:
        return ""
    return f"rows of a page are of {rows.first_year} to {rows.last_year}, asked for were {first} to {last}"


def _rows_twice(assembly: Assembly) -> str:
    """Say which rows stand in a table twice; nothing where none does."""
    repeated, example = assembly.repeated()
    if not repeated:
        return ""
    return f"{repeated:,} of its {assembly.rows:,} rows stand in it twice (such as {example})"


def _sums_apart(assembly: Assembly, totals: list[Any]) -> str:
    """Say where the sums that some envelopes state, of the whole table, are not those of its rows."""
    stated = next((total for total in totals if isinstance(total, dict)), None)
    if stated is None:
        return ""
    if any(total != stated for total in totals):
        return "its pages state different sums"
    for column, total in assembly.sums(stated).items():
        if total is not None and str(stated[column]) != str(total):
            return f"it states {stated[column]} as the sum of {column}, and its rows come to {total}"
    return ""
