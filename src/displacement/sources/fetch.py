"""Capturing a release: every table of every publisher, whole or with a sentence that gives the reason.

A table that comes in pages is whole when there are as many rows as the publisher states before and after, every page
has the rows that belong on it, no row is in the table twice, and the table is in the same state after as before. Tables
are written whole, then recorded; a day has one state of each table, so one that changes again on the same day is left
for the next. What a publisher's pages look like, and what its rows must be, belongs in its own module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from displacement.errors import WrongUseError
from displacement.settings import Addresses, Settings
from displacement.sources import publishers, world_bank
from displacement.sources.http import Limits, Session, read_limits
from displacement.sources.idmc import IDMC
from displacement.sources.landing import Journal, Landing, PageRecord, Records, TableRecord, TableState, in_words
from displacement.sources.pages import (
    InconsistentError,
    SourcePage,
    differing_sum,
    joined,
    repeated_rows,
    table_of,
    write_rows,
)
from displacement.sources.publishers import (
    Answer,
    PassingFaultError,
    Question,
    SourceError,
    SourcePublisher,
    SourceTable,
)
from displacement.sources.release import Capture, CapturedTable, captured_with, today
from displacement.sources.unhcr import UNHCR
from displacement.sources.world_bank import WorldBank

if TYPE_CHECKING:
    import pyarrow as pa

READERS = 2
"""Threads that read pages beside those that wait for answers."""

Watch = Callable[[str, int, int], None]
"""Told the dataset, the pages that have come and the pages there are."""


class PagedInterface(Protocol):
    """A publisher's interface: knows how it is asked for its tables, and what its answers must be.

    Attributes:
        page_rows: rows of a page that is full.
        rows_under: where in an envelope the rows are.
    """

    page_rows: ClassVar[int]
    rows_under: ClassVar[str]

    @property
    def publisher(self) -> SourcePublisher:
        """The publisher."""

    def state(self, table: SourceTable) -> TableState:
        """Return the state of a table."""

    def question(self, table: SourceTable, what: str, *, page: int) -> Question:
        """Return the question for one of its pages."""

    def check_place(self, page: SourcePage, number: int, state: TableState) -> None:
        """Compare an envelope with the place of its page; raise `InconsistentError` where it does not fit."""

    def check_rows(self, table: SourceTable, page: SourcePage) -> None:
        """Compare the rows of a page with the question; raise `SourceError` where they answer another."""


def interfaces(addresses: Addresses, session: Session, last_year: int) -> dict[str, tuple[PagedInterface, SourceTable]]:
    """Return the tables that can be asked for, by dataset, in the order in which fetching them is best started.

    Raises:
        WrongUseError: an address of the environment is not valid.
    """
    unhcr = UNHCR(publishers.unhcr(addresses), session, last_year)
    found: dict[str, tuple[PagedInterface, SourceTable]] = {
        each.dataset: (unhcr, each) for each in publishers.unhcr_tables()
    }
    publisher = publishers.idmc(addresses)
    if publisher is not None:
        idmc = IDMC(publisher, session, last_year)
        found |= {table.dataset: (idmc, table) for table in publishers.idmc_tables()}
    return found


def capture(
    settings: Settings,
    *,
    addresses: Addresses | None = None,
    release: date | None = None,
    datasets: Collection[str] | None = None,
    limits: Limits | None = None,
    watch: Watch | None = None,
) -> Capture:
    """Fetch the tables of a release into `home/landing/<release>/`, or go on with a fetch that was interrupted.

    Args:
        settings: where things are.
        addresses: whom to ask, and with which key; those of the environment if not given.
        release: the day of the capture, which is its name; today (UTC) if not given.
        datasets: those to fetch; all that can be asked for if not given.
        limits: how to ask; those of `limits.toml` if not given.
        watch: told the dataset, the pages that have come and the pages there are; by several threads.

    Returns:
        The tables in the order of their names, those an earlier capture of the day had included; each is whole, or
        has the reason why it is not.

    Raises:
        WrongUseError: there is no such dataset, or an address of the environment is not valid.
        DisplacementError: another fetch is running, or the directory cannot be written.
    """
    day = release or today()
    with _run(settings, day, limits or read_limits(), watch) as run:
        listed = interfaces(addresses or Addresses.from_environment(), run.session, day.year)
        unknown = sorted(set(datasets or ()) - set(listed))
        if unknown:
            known = ", ".join(sorted(listed))
            raise WrongUseError(f"{', '.join(unknown)} cannot be fetched. What can be fetched: {known}.")
        jobs = {
            name: _PagedTable(run, interface, table)
            for name, (interface, table) in listed.items()
            if datasets is None or name in datasets
        }
        captured = run.all(jobs)
        # A table that changed again today is recorded as it was captured first, which is whole.
        whole_or_not = (replace(table, stopped=None) if table.path else table for table in captured.values())
        kept = captured_with(run.directory, day, whole_or_not)
        return replace(kept, tables=tuple(captured.get(table.dataset, table) for table in kept.tables))


def capture_denominators(
    settings: Settings,
    *,
    addresses: Addresses | None = None,
    release: date | None = None,
    limits: Limits | None = None,
) -> CapturedTable:
    """Fetch the World Bank's figures into `home/landing/<release>/denominators.parquet`, in the form of those shipped.

    Raises:
        WrongUseError: the address of the environment is not valid.
        DisplacementError: another fetch is running, or the directory cannot be written.
    """
    day = release or today()
    with _run(settings, day, limits or read_limits(), None) as run:
        publisher = publishers.world_bank(addresses or Addresses.from_environment())
        bank = WorldBank(publisher, run.session, day.year)
        return run.all({world_bank.DATASET: _Denominators(run, bank, settings.data / "countries.csv")})[
            world_bank.DATASET
        ]


@contextmanager
def _run(settings: Settings, day: date, limits: Limits, watch: Watch | None) -> Iterator[_Run]:
    landing = Landing(settings.home)
    directory = landing.directory / day.isoformat()
    with landing.only_fetch(), Session(limits) as session:
        pool = ThreadPoolExecutor(limits.concurrency + READERS, thread_name_prefix="pages")
        try:
            yield _Run(directory, session, landing, pool, Records(directory), watch)
        finally:
            session.close()  # before the threads are waited for, which may wait for answers
            pool.shutdown(cancel_futures=True)


class _Job(Protocol):
    """Finds the state of a table; or fetches it, writes it, and keeps and returns its record."""

    def state(self) -> TableState: ...

    def fetch(self) -> TableRecord: ...


@dataclass(frozen=True, slots=True)
class _Run:
    """A running capture.

    Attributes:
        pool: its threads read pages; whoever waits for a table must not be one of them.
    """

    directory: Path
    session: Session
    landing: Landing
    pool: Executor
    records: Records
    watch: Watch | None

    def all(self, jobs: Mapping[str, _Job]) -> dict[str, CapturedTable]:
        """Do jobs side by side; return the table of each, or why there is none."""
        with ThreadPoolExecutor(max(1, len(jobs)), thread_name_prefix="tables") as waiting:
            futures = {name: waiting.submit(self._captured, name, job) for name, job in jobs.items()}
            try:
                return {name: future.result() for name, future in futures.items()}
            except BaseException:
                self.session.close()
                waiting.shutdown(wait=False, cancel_futures=True)
                raise

    def _captured(self, dataset: str, job: _Job) -> CapturedTable:
        """Return a table that was captured on this day before, or fetch it."""
        record, stopped = self.records.get(dataset), None
        if record is None:
            try:
                record = job.fetch()
            except SourceError as error:
                return CapturedTable(dataset, None, 0, stopped=str(error))
        else:
            try:
                now = job.state()
            except SourceError:
                now = None  # what was captured is whole, whether or not the publisher can be reached again
            if now is not None and record.state is not None and record.state != now:
                differences = in_words(now.differences(record.state))
                stopped = (
                    f"The table {dataset} changed again on {self.directory.name}, the day of this release "
                    f"({differences}). What was captured first is kept, since a day is one release; fetch again "
                    "tomorrow."
                )
        path = self.directory / f"{dataset}.parquet"
        return CapturedTable(dataset, path, record.rows, tuple(page.sha256 for page in record.pages), stopped)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class _Denominators:
    """The World Bank's table."""

    run: _Run
    bank: WorldBank
    countries: Path

    def state(self) -> TableState:
        return self.bank.state(publishers.world_bank_series())

    def fetch(self) -> TableRecord:
        got = self.bank.fetch(publishers.world_bank_series(), self.run.landing, self.countries)
        world_bank.write(got.figures, self.run.directory / f"{world_bank.DATASET}.parquet")
        record = TableRecord(world_bank.DATASET, len(got.figures), _now(), got.pages, got.figures_of_pages, got.state)
        self.run.records.add(record)
        return record


# --- a table in pages -------------------------------------------------------------------------------------------------


class UnsoundError(InconsistentError):
    """All pages came, each in its place, and yet they make no sound table; `served` are the hashes of the pages."""

    def __init__(self, message: str, served: tuple[str, ...]) -> None:
        super().__init__(message)
        self.served = served


@dataclass(frozen=True, slots=True)
class _PagedTable:
    """A table that comes in pages."""

    run: _Run
    interface: PagedInterface
    table: SourceTable

    def state(self) -> TableState:
        return self.interface.state(self.table)

    def fetch(self) -> TableRecord:
        """Fetch the table, again if it changed meanwhile.

        Raises:
            SourceError: it is not given, what is given is not what was asked for, or it changes all the time.
        """
        limits = self.run.session.limits
        journal = Journal(self.run.landing, self.table.dataset, limits.journal_hours)
        name = f"{self.interface.publisher.name}'s table {self.table.dataset}"
        reason, served = "", tuple[str, ...]()
        for _ in range(limits.table_attempts):
            try:
                record = self._once(journal)
            except UnsoundError as error:
                if error.served == served:
                    raise SourceError(f"{name} is not used: {error}, and the same when it was fetched again.") from None
                reason, served = str(error), error.served
                journal.clear()  # nobody knows which of the pages is the wrong one
            except InconsistentError as error:
                reason = str(error)
            else:
                self.run.records.add(record)  # before the journal goes: a killed fetch loses neither
                journal.clear()
                return record
        raise SourceError(
            f"{name} is not used: it was fetched {limits.table_attempts} times, and the last time {reason}. "
            "This may pass: run the command again later."
        )

    def _once(self, journal: Journal) -> TableRecord:
        """Fetch every page, check the table they make, and write it."""
        interface, table = self.interface, self.table
        before = interface.state(table)
        journal.start({"question": interface.question(table, "", page=1).shown, "state": asdict(before)})
        landed = _Pages(self.run, interface, table, before, journal).all()
        after = interface.state(table)
        if after != before:
            raise InconsistentError(f"it changed meanwhile ({in_words(after.differences(before))})")
        records = tuple(page.record for page in landed)
        rows = joined(table.dataset, (page.rows for page in landed))
        unsound = repeated_rows(rows) or differing_sum(rows, [page.total for page in landed])
        if unsound:
            raise UnsoundError(unsound, tuple(record.sha256 for record in records))
        write_rows(rows, self.run.directory / f"{table.dataset}.parquet")
        rows_of_pages = tuple(page.rows.num_rows for page in landed)
        return TableRecord(table.dataset, rows.num_rows, _now(), records, rows_of_pages, after)


class _Landed(NamedTuple):
    """A page that has landed: its record, its rows, and the sums of the whole table that its envelope states."""

    record: PageRecord
    rows: pa.Table
    total: Any


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages of a table in one state; `came` are the numbers of those that have come."""

    run: _Run
    interface: PagedInterface
    table: SourceTable
    state: TableState
    journal: Journal
    came: set[int] = field(default_factory=set)

    def all(self) -> list[_Landed]:
        """Return every page, in order; the first that fails stops the others."""
        futures = [self.run.pool.submit(self._page, number) for number in range(1, self._number + 1)]
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
        return -(-self.state.rows // self.interface.page_rows)

    def _page(self, number: int) -> _Landed:
        """Return a page; it is fetched unless it has landed before."""
        landed = self._landed_before(number)
        if landed is None:
            what = f"page {number} of {self._number} of {self.table.dataset}"
            question = self.interface.question(self.table, what, page=number)
            landed = self.run.session.ask(question, lambda answer: self._land(number, answer))
            self.journal.note(number, landed.record)
        self.came.add(number)
        if self.run.watch is not None:
            self.run.watch(self.table.dataset, len(self.came), self._number)
        return landed

    def _land(self, number: int, answer: Answer) -> _Landed:
        landed = self._checked(number, answer.body, PageRecord.of(answer, self.table))
        self.run.landing.land(answer.body, landed.record)
        return landed

    def _landed_before(self, number: int) -> _Landed | None:
        record = self.journal.page(number)
        body = self.run.landing.read(record.sha256) if record else None
        if record is None or body is None:
            return None
        try:
            return self._checked(number, body, record)
        except (InconsistentError, PassingFaultError):
            self.journal.forget(number)
            return None

    def _checked(self, number: int, body: bytes, record: PageRecord) -> _Landed:
        """Read a page, and check its columns, its place and its rows."""
        page = SourcePage.read(body, self.interface.rows_under)
        rows = table_of(self.table.dataset, page)
        self.interface.check_place(page, number, self.state)
        full = self.interface.page_rows
        expected = full if number < self._number else self.state.rows - full * (self._number - 1)
        if rows.num_rows != expected:
            raise InconsistentError(f"page {number} had {rows.num_rows:,} rows where {expected:,} belong")
        if self.table.has_figures:
            self.interface.check_rows(self.table, page)
        return _Landed(record, rows, page.envelope.get("total"))
