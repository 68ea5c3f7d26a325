"""Capturing a release: every table of every publisher, into one directory, whichever of them can be had.

A table that cannot be had stops with a sentence, and the others go on. Tables are written whole, then recorded; a day
holds one state of each table, so one that changes again on the same day is left for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from displacement.errors import WrongUseError
from displacement.intake.model import Capture, CapturedTable
from displacement.settings import Addresses, Settings
from displacement.sources import publishers, world_bank
from displacement.sources.askers import askers
from displacement.sources.assembly import assembly_line
from displacement.sources.days import today
from displacement.sources.fetching import Asking, Fetching, Watch
from displacement.sources.http import Session
from displacement.sources.journal import Journal
from displacement.sources.landing import Landing
from displacement.sources.limits import Limits, read_limits
from displacement.sources.publishers import Table
from displacement.sources.questions import SourceError
from displacement.sources.records import Records, TableRecord, captured_with
from displacement.sources.states import State, in_words
from displacement.sources.world_bank import WorldBank

READERS = 2
"""Threads that read pages beside those that wait for answers."""


def release_directory(settings: Settings, release: date) -> Path:
    """Return where a release is, or would be, captured."""
    return settings.home / "landing" / release.isoformat()


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
        WrongUseError: there is no such dataset, or an address of the environment is none.
        DisplacementError: another fetch is at work, or the directory cannot be written.
    """
    directory = release_directory(settings, release or today())
    with _run(settings, directory, limits or read_limits(), watch) as run:
        jobs = run.tables(addresses or Addresses.from_environment())
        unknown = sorted(set(datasets or ()) - set(jobs))
        if unknown:
            listed = ", ".join(sorted(jobs))
            raise WrongUseError(f"{', '.join(unknown)} cannot be fetched. What can be fetched: {listed}.")
        captured = run.all({name: job for name, job in jobs.items() if datasets is None or name in datasets})
        kept = captured_with(directory, date.fromisoformat(directory.name), captured.values())
        return replace(kept, tables=tuple(run.as_it_is_now(table) for table in kept.tables))


def capture_denominators(
    settings: Settings,
    *,
    addresses: Addresses | None = None,
    release: date | None = None,
    limits: Limits | None = None,
) -> CapturedTable:
    """Fetch the World Bank's figures into `home/landing/<release>/denominators.parquet`, in the form of those shipped.

    Raises:
        WrongUseError: the address of the environment is none.
        DisplacementError: another fetch is at work, or the directory cannot be written.
    """
    directory = release_directory(settings, release or today())
    with _run(settings, directory, limits or read_limits(), None) as run:
        job = run.denominators(addresses or Addresses.from_environment())
        (table,) = run.all({world_bank.DATASET: job}).values()
        return run.as_it_is_now(table)


@contextmanager
def _run(settings: Settings, directory: Path, limits: Limits, watch: Watch | None) -> Iterator[_Run]:
    landing = Landing(settings.home)
    with landing.only_fetch(), Session(limits) as session, assembly_line(landing.directory / "assembly") as line:
        pool = ThreadPoolExecutor(limits.concurrency + READERS, thread_name_prefix="pages")
        try:
            year = date.fromisoformat(directory.name).year
            yield _Run(settings, directory, year, session, Fetching(landing, line, pool, watch), Records(directory))
        finally:
            session.close()  # before the threads are waited for, which may wait for answers
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Job:
    """How the state of a table is found, and how the table is fetched, written and recorded."""

    state: Callable[[], State]
    fetch: Callable[[], TableRecord]


@dataclass(frozen=True, slots=True)
class _Run:
    """A capture under way.

    Attributes:
        last_year: the last year asked for.
        changed_again: sentences about tables of which the day already holds another state.
    """

    settings: Settings
    directory: Path
    last_year: int
    session: Session
    fetching: Fetching
    records: Records
    changed_again: dict[str, str] = field(default_factory=dict)

    def tables(self, addresses: Addresses) -> dict[str, _Job]:
        """Return the jobs of the tables of a release, in the order in which they are begun."""
        listed = askers(addresses, self.session, self.last_year)
        return {dataset: self._job(asking, table) for dataset, (asking, table) in listed.items()}

    def denominators(self, addresses: Addresses) -> _Job:
        """Return the job of the World Bank's figures."""
        bank = WorldBank(publishers.world_bank(addresses), self.session, self.last_year)
        series = publishers.world_bank_series()
        return _Job(lambda: bank.state(series), lambda: self._denominators(bank))

    def all(self, jobs: dict[str, _Job]) -> dict[str, CapturedTable]:
        """Do jobs side by side; return what each came to."""
        with ThreadPoolExecutor(max(1, len(jobs)), thread_name_prefix="tables") as waiting:
            futures = {name: waiting.submit(self._captured, name, job) for name, job in jobs.items()}
            try:
                return {name: future.result() for name, future in futures.items()}
            except BaseException:
                self.session.close()
                waiting.shutdown(wait=False, cancel_futures=True)
                raise

    def as_it_is_now(self, table: CapturedTable) -> CapturedTable:
        """Return a captured table, with the sentence that it has changed since, if it has."""
        return replace(table, stopped=self.changed_again.get(table.dataset, table.stopped))

    def _captured(self, dataset: str, job: _Job) -> CapturedTable:
        earlier = self.records.get(dataset)
        try:
            if earlier is None:
                return self._table(job.fetch())
            self._compare(earlier, job.state())
        except SourceError as error:
            if earlier is None:
                return CapturedTable(dataset, None, 0, stopped=str(error))
        return self._table(earlier)

    def _compare(self, earlier: TableRecord, now: State) -> None:
        """Say so if a table has changed since it was captured on the same day."""
        if earlier.state is not None and earlier.state != now:
            self.changed_again[earlier.dataset] = (
                f"The table {earlier.dataset} changed again on {self.directory.name}, the day of this release "
                f"({in_words(now.differences(earlier.state))}). What was captured first is kept, since a day is one "
                "release; fetch again tomorrow."
            )

    def _table(self, record: TableRecord) -> CapturedTable:
        path = self.directory / f"{record.dataset}.parquet"
        return CapturedTable(record.dataset, path, record.rows, tuple(page.sha256 for page in record.pages))

    def _job(self, asking: Asking, table: Table) -> _Job:
        return _Job(lambda: asking.state(table), lambda: self._fetched(asking, table))

    def _fetched(self, asking: Asking, table: Table) -> TableRecord:
        fetched = self.fetching.fetch(asking, table)
        assembly = fetched.assembly
        try:
            assembly.write(self.directory / f"{table.dataset}.parquet")
            pages = tuple(assembly.rows_of_pages())
            record = TableRecord(table.dataset, assembly.rows, _now(), fetched.pages, pages, fetched.state)
        finally:
            assembly.drop()
        self.records.add(record)
        Journal(self.fetching.landing, table.dataset, self.session.limits.journal_hours).clear()
        return record

    def _denominators(self, bank: WorldBank) -> TableRecord:
        countries = self.settings.data / "countries.csv"
        fetched = bank.fetch(publishers.world_bank_series(), self.fetching.landing, countries)
        world_bank.write(fetched.figures, self.directory / f"{world_bank.DATASET}.parquet")
        record = TableRecord(
            world_bank.DATASET, len(fetched.figures), _now(), fetched.pages, fetched.figures_of_pages, fetched.state
        )
        self.records.add(record)
        return record


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
