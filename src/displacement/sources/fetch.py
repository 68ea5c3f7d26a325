"""Capturing a release: every table of every publisher, whole or with a sentence that says why not.

A table that comes in pages is whole when there are as many rows as the publisher says before and after, every page has
the rows that belong on it, no row is in the table twice, and the table is in the same state after as before. Tables
are written whole, then recorded; a day has one state of each table, so one that changes again on the same day is left
for the next. What a publisher's pages look like, and what its rows must be, belongs in its own module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from displacement.errors import WrongUseError
from displacement.settings import Addresses, Settings
from displacement.sources import publishers, world_bank
from displacement.sources.http import Limits, Session, read_limits
from displacement.sources.idmc import IDMC
from displacement.sources.landing import Journal, Landing, PageRecord, Records, State, TableRecord, in_words
from displacement.sources.pages import Assembly, AssemblyLine, InconsistentError, Page, PageRows, assembly_line
from displacement.sources.publishers import Answer, PassingFaultError, Publisher, Question, SourceError, Table
from displacement.sources.release import Capture, CapturedTable, captured_with, today
from displacement.sources.unhcr import UNHCR
from displacement.sources.world_bank import WorldBank

READERS = 2
"""Threads that read pages beside those that wait for answers."""

Watch = Callable[[str, int, int], None]
"""Told the dataset, the pages that have come and the pages there are."""


class PagedInterface(Protocol):
    """A publisher's interface: knows how it is asked for its tables, and what its answers must be.

    Attributes:
        page_rows: rows of a page that is full.
        rows_under: where in an envelope the rows are.
        by_origin_and_asylum: whether figures name an origin and an asylum as UNHCR does.
    """

    page_rows: ClassVar[int]
    rows_under: ClassVar[str]
    by_origin_and_asylum: ClassVar[bool]

    @property
    def publisher(self) -> Publisher:
        """The publisher."""

    def state(self, table: Table) -> State:
        """Return the state of a table."""

    def question(self, table: Table, what: str, *, page: int) -> Question:
        """Return the question for one of its pages."""

    def check_place(self, page: Page, number: int, state: State) -> None:
        """Compare an envelope with the place of its page; raise `InconsistentError` where it does not fit."""

    def check_rows(self, table: Table, rows: PageRows) -> None:
        """Compare the rows of a page with the question; raise `SourceError` where they answer another."""


def interfaces(addresses: Addresses, session: Session, last_year: int) -> dict[str, tuple[PagedInterface, Table]]:
    """Return the tables that can be asked for, by dataset, in the order in which fetching them is best started.

    Raises:
        WrongUseError: an address of the environment is not valid.
    """
    unhcr = UNHCR(publishers.unhcr(addresses), session, last_year)
    found: dict[str, tuple[PagedInterface, Table]] = {each.dataset: (unhcr, each) for each in publishers.unhcr_tables()}
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
        The tables in the order of their names, those an earlier capture of the day had included; each is whole, or says
        why it is not.

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
    with landing.only_fetch(), Session(limits) as session, assembly_line(landing.directory / "assembly") as line:
        pool = ThreadPoolExecutor(limits.concurrency + READERS, thread_name_prefix="pages")
        try:
            yield _Run(directory, session, landing, line, pool, Records(directory), watch)
        finally:
            session.close()  # before the threads are waited for, which may wait for answers
            pool.shutdown(cancel_futures=True)


class _Job(Protocol):
    """Finds the state of a table; or fetches it, writes it, and keeps and returns its record."""

    def state(self) -> State: ...

    def fetch(self) -> TableRecord: ...


@dataclass(frozen=True, slots=True)
class _Run:
    """A running capture.

    Attributes:
        line: where tables are put together.
        pool: its threads read pages; whoever waits for a table must not be one of them.
    """

    directory: Path
    session: Session
    landing: Landing
    line: AssemblyLine
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

    def state(self) -> State:
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
    table: Table

    def state(self) -> State:
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
                    raise SourceError(f"{name} is not used: {error}, and the same when it was fetched anew.") from None
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
        assembly = Assembly(
            self.run.line,
            table.dataset,
            rows_under=interface.rows_under,
            dated=table.has_figures,
            named=table.has_figures and interface.by_origin_and_asylum,
        )
        try:
            landed = _Pages(self.run, interface, table, before, assembly, journal).all()
            after = interface.state(table)
            if after != before:
                raise InconsistentError(f"it changed meanwhile ({in_words(after.differences(before))})")
            records = tuple(record for record, _ in landed)
            assembly.finish()
            unsound = _repeated(assembly) or _differing_sum(assembly, [total for _, total in landed])
            if unsound:
                raise UnsoundError(unsound, tuple(record.sha256 for record in records))
            assembly.write(self.run.directory / f"{table.dataset}.parquet")
            rows_of_pages = tuple(assembly.rows_of_pages())
            return TableRecord(table.dataset, assembly.rows, _now(), records, rows_of_pages, after)
        finally:
            assembly.drop()


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages of a table in one state."""

    run: _Run
    interface: PagedInterface
    table: Table
    state: State
    assembly: Assembly
    journal: Journal

    def all(self) -> list[tuple[PageRecord, Any]]:
        """Return the record of each page and the sums it states of the table; the first that fails stops the others."""
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

    def _page(self, number: int) -> tuple[PageRecord, Any]:
        """Add a page to the table; it is fetched unless it has landed before."""
        landed = self._landed_before(number)
        if landed is None:
            what = f"page {number} of {self._number} of {self.table.dataset}"
            question = self.interface.question(self.table, what, page=number)
            landed = self.run.session.ask(question, lambda answer: self._land(number, answer))
            self.journal.note(number, landed[0])
        if self.run.watch is not None:
            self.run.watch(self.table.dataset, self.assembly.pages, self._number)
        return landed

    def _land(self, number: int, answer: Answer) -> tuple[PageRecord, Any]:
        record = PageRecord.of(answer, self.table)
        page = Page(answer.body, self.interface.rows_under)
        return record, self.run.landing.land(answer.body, record, lambda path: self._add(number, path, page))

    def _landed_before(self, number: int) -> tuple[PageRecord, Any] | None:
        record = self.journal.page(number)
        body = self.run.landing.read(record.sha256) if record else None
        if record is None or body is None:
            return None
        try:
            path = self.run.landing.page(record.sha256)
            return record, self._add(number, path, Page(body, self.interface.rows_under))
        except (InconsistentError, PassingFaultError):
            self.journal.forget(number)
            return None

    def _add(self, number: int, path: Path, page: Page) -> Any:
        """Read a page into the table, check its place and its rows, and return the sums of the table it states."""
        rows = self.assembly.add(number, path, page)
        self.interface.check_place(page, number, self.state)
        full = self.interface.page_rows
        expected = full if number < self._number else self.state.rows - full * (self._number - 1)
        if rows.rows != expected:
            raise InconsistentError(f"page {number} had {rows.rows:,} rows where {expected:,} belong")
        if self.table.has_figures:
            self.interface.check_rows(self.table, rows)
        return page.envelope.get("total")


def _repeated(assembly: Assembly) -> str:
    """Return which rows are in a table twice, as the end of a sentence; nothing where none is."""
    repeated, example = assembly.repeated()
    return f"{repeated:,} of its {assembly.rows:,} rows are in it twice (such as {example})" if repeated else ""


def _differing_sum(assembly: Assembly, totals: list[Any]) -> str:
    """Return which sum that envelopes state of the whole table is not that of its rows; nothing where all are."""
    stated = next((total for total in totals if isinstance(total, dict)), None)
    if stated is None:
        return ""
    if any(total != stated for total in totals):
        return "its pages state different sums"
    for column, total in assembly.sums(stated).items():
        if total is not None and str(stated[column]) != str(total):
            return f"it states {stated[column]} as the sum of {column}, and the sum of its rows is {total}"
    return ""
