"""A release on its way in: where its tables come from, what they say, and what the ledger makes of them.

Three steps that may run in three processes, each leaving on disk what the next one needs: `capture`, `read`, `add`.
Where machines share a store they may run on three machines. How each is done is in `sources`, `intake` and
`ledger`; here they are put in order.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import DisplacementError, WrongUseError
from displacement.intake.model import DatasetReading, Reading
from displacement.settings import Addresses, Settings
from displacement.sources.layouts import read_datasets
from displacement.sources.release import (
    RECORD,
    Capture,
    CapturedTable,
    capture_of_directory,
    read_capture,
    today,
    write_capture,
)
from displacement.storage import mirror
from displacement.storage.files import write_text, written_whole

if TYPE_CHECKING:
    from displacement.intake.reading import ReadingContext
    from displacement.ledger.addition import Report
    from displacement.sources.landing import PageRecord

LANDING = "landing"
DENOMINATORS = "denominators"
"""The World Bank's table: it has no origins and asylums, and is checked against the list of countries when fetched."""


def all_datasets() -> list[str]:
    """Return the names of everything a release may hold."""
    return sorted([*read_datasets(), DENOMINATORS])


def known_tables(addresses: Addresses) -> set[str]:
    """Return the datasets that can be asked for: all of UNHCR's, and IDMC's own with the user's key."""
    from displacement.sources.publishers import idmc_tables, unhcr_tables

    tables = unhcr_tables() + (idmc_tables() if addresses.idmc_client_id else ())
    return {table.dataset for table in tables} & set(read_datasets())


def context_of(settings: Settings, newest: Mapping[str, date] | None = None) -> ReadingContext:
    """Return what intake must know before it reads a release: the figures of the current ledger, and those shipped.

    Raises:
        WrongUseError: a date is given for what is not a dataset with a reference date.
        DisplacementError: the ledger is missing or damaged.
    """
    from displacement.intake.reading import ReadingContext
    from displacement.ledger import FIGURES, Ledger

    dated = [name for name, dataset in read_datasets().items() if dataset.has_years]
    unknown = [name for name in newest or {} if name not in dated]
    if unknown:
        raise WrongUseError(f"There is no dataset {unknown[0]} with a reference date. Datasets: {', '.join(dated)}.")
    files = (Ledger.open(settings).figures_path, settings.data / FIGURES)
    return ReadingContext(settings, tuple(dict.fromkeys(path for path in files if path.is_file())), dict(newest or {}))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A release on its way in: see the module.

    Attributes:
        settings: where things are.
        release: the day its tables were, or are, captured.
        directory: of the tables, where they are given instead of fetched; None asks the publishers.
        newest: the newest reference date of a dataset, where a person gives it instead of the rule.
        workbook: of flows, which no interface serves, as a person downloaded it; nothing else is captured then.
    """

    settings: Settings
    release: date
    directory: Path | None = None
    newest: Mapping[str, date] = field(default_factory=dict)
    workbook: Path | None = None

    @property
    def landed(self) -> Path:
        """Where the tables of the release are kept."""
        return self.settings.home / LANDING / self.release.isoformat()

    @property
    def record(self) -> Path:
        """Where it is kept what the ledger made of the release, as JSON."""
        return self.settings.records / f"release-{self.release}.json"

    # --- the steps ------------------------------------------------------------------------------------------------

    def capture(self, datasets: Collection[str] | None = None) -> Capture:
        """Fetch the tables of the release, or take those of the directory or the workbook, and keep them.

        Args:
            datasets: those wanted; all there are if not given.

        Returns:
            What was captured of the datasets wanted, whole or with the reason why not.

        Raises:
            WrongUseError: the release is dated after today.
            DisplacementError: nothing at all could be captured, or it cannot be kept.
        """
        from displacement.ledger.gate import require_past

        require_past(self.release, today())
        with mirror.release_files(self.settings, self.release):
            return self._captured(datasets)

    def _captured(self, datasets: Collection[str] | None) -> Capture:
        if self.workbook:
            captured = self._imported(self.workbook)
        elif self.directory:
            captured = self._copied(capture_of_directory(self.directory, self.release), datasets)
        else:
            captured = self._fetched(datasets)
        if self._wants_denominators(datasets):
            captured = replace(captured, tables=(*captured.tables, self._denominators()))
        if captured.tables and not any(table.is_whole for table in captured.tables):
            raise DisplacementError(
                f"Nothing of the release {self.release} could be captured. {captured.tables[0].stopped}"
            )
        return captured

    def nowcasts(self) -> Path | None:
        """Keep UNHCR's nowcast of today, which is in no release; return its file, None where nothing is new.

        Raises:
            DisplacementError: it cannot be had or kept.
        """
        from displacement.sources.nowcasts import capture_nowcasts

        mirror.sync_ledger(self.settings)  # another machine may have it
        with mirror.release_files(self.settings, self.release):
            return capture_nowcasts(self.settings, day=self.release)

    def read(self, datasets: Collection[str] | None = None) -> Reading:
        """Read what was captured: check it against its expectations, and turn it into facts.

        Raises:
            DisplacementError: nothing was captured, or what was read cannot be kept.
        """
        with mirror.release_files(self.settings, self.release):
            return self._read(datasets)

    def _read(self, datasets: Collection[str] | None) -> Reading:
        from displacement.intake.reading import read_release

        captured = read_capture(self.landed)
        if datasets is not None:
            captured = replace(captured, tables=tuple(one for one in captured.tables if one.dataset in datasets))
        reading = read_release(captured, context_of(self.settings, self.newest))
        table = self.landed / f"{DENOMINATORS}.parquet"
        if table.exists() and (datasets is None or DENOMINATORS in datasets):
            reading = replace(reading, datasets=(*reading.datasets, self._handed_on(table)))
        return reading

    def add(self) -> Report:
        """Add what was read to the ledger, and judge it.

        Raises:
            DisplacementError: nothing was read, or the ledger is damaged or cannot be written.
        """
        from displacement.ledger.add import add
        from displacement.ledger.retention import prune

        with mirror.release_files(self.settings, self.release):
            report = add(self.settings, self.stored())
            prune(self.settings, today())
            write_text(self.record, json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n")
        return report

    def rehearse(self, datasets: Collection[str] | None = None, as_of: date | None = None) -> Report:
        """Return the report that adding the release would give. The ledger and the home stay as they are.

        The three steps run on a copy of the ledger, which is removed afterwards.

        Args:
            datasets: those wanted; all there are if not given.
            as_of: the release as of which the ledger is taken; as it is now if not given.

        Raises:
            WrongUseError: the ledger has no such release, or the release is dated after today.
            DisplacementError: nothing could be read, or the ledger is damaged.
        """
        from displacement.ledger.rehearsal import copied

        with tempfile.TemporaryDirectory(prefix="rehearsal-") as scratch:
            copy = replace(self, settings=copied(self.settings, Path(scratch), as_of))
            copy.capture(datasets)
            copy.read(datasets)
            return copy.add()

    def stored(self) -> Reading:
        """Return what was read, as it was kept.

        Raises:
            DisplacementError: nothing was read.
        """
        from displacement.intake.model import stored

        directory = self.settings.home / "intake" / self.release.isoformat()
        found = [one for one in (stored(directory, name) for name in all_datasets()) if one]
        if not found:
            raise DisplacementError(
                f"Nothing was read of the release {self.release} yet. Run `displacement fetch` for it."
            )
        return Reading(self.release, read_capture(self.landed).door, tuple(found))

    def first_page(self, table: CapturedTable) -> tuple[Path, PageRecord] | None:
        """Return the first raw page of a fetched table and the record of where it came from."""
        from displacement.sources.landing import Landing, read_records

        record = read_records(self.landed).get(table.dataset)
        if record is None or not record.pages:
            return None
        return Landing(self.settings.home).page(record.pages[0].sha256), record.pages[0]

    # --- how it is done ---------------------------------------------------------------------------------------------

    def _fetched(self, datasets: Collection[str] | None) -> Capture:
        from displacement.sources.fetch import capture

        if self.release != today():
            raise WrongUseError(
                f"Publishers serve what is current today, {today()}, not what was on {self.release}. A release of "
                "another day is added from a directory of its tables: displacement fetch --from DIR."
            )
        addresses = Addresses.from_environment()
        asked = known_tables(addresses) if datasets is None else set(datasets) & known_tables(addresses)
        return capture(self.settings, addresses=addresses, release=self.release, datasets=asked)

    def _imported(self, workbook: Path) -> Capture:
        from displacement.sources.flows_workbook import DATASET, import_flows

        captured = import_flows(self.settings, workbook, release=self.release)
        return replace(captured, tables=tuple(table for table in captured.tables if table.dataset == DATASET))

    def _wants_denominators(self, datasets: Collection[str] | None) -> bool:
        return not (self.directory or self.workbook) and (datasets is None or DENOMINATORS in datasets)

    def _denominators(self) -> CapturedTable:
        from displacement.sources.fetch import capture_denominators

        return capture_denominators(self.settings, release=self.release)

    def _handed_on(self, table: Path) -> DatasetReading:
        """Keep the denominators among what was read."""
        from displacement.intake.model import store
        from displacement.sources.release import rows_of

        directory = self.settings.home / "intake" / self.release.isoformat()
        with written_whole(directory / table.name) as temporary:
            shutil.copyfile(table, temporary)
        rows = rows_of(table)
        reading = DatasetReading(DENOMINATORS, None, "", rows, figures=rows, table=directory / table.name)
        store(reading, directory)
        return reading

    def _copied(self, given: Capture, datasets: Collection[str] | None) -> Capture:
        """Keep tables of a directory among what has landed: a release that was added can be read again."""
        wanted = [table for table in given.tables if datasets is None or table.dataset in datasets]
        kept = {table.dataset: table for table in self._landed_before(given)}
        kept |= {table.dataset: self._copy(table) for table in wanted}
        tables = tuple(kept[name] for name in sorted(kept))
        captured = Capture(self.release, given.door, self.landed, tables)
        write_capture(captured)
        names = {table.dataset for table in wanted}
        return replace(captured, tables=tuple(table for table in tables if table.dataset in names))

    def _landed_before(self, given: Capture) -> tuple[CapturedTable, ...]:
        if not (self.landed / RECORD).exists():
            return ()
        before = read_capture(self.landed)
        if before.door != given.door:
            raise WrongUseError(
                f"The release {self.release} was captured through the door {before.door} before; tables from a "
                f"directory cannot be put beside those. Remove {self.landed}, or give another release."
            )
        return before.tables

    def _copy(self, table: CapturedTable) -> CapturedTable:
        if table.path is None:
            return table
        target = self.landed / table.path.name
        if target.resolve() != table.path.resolve():
            with written_whole(target) as temporary:
                shutil.copyfile(table.path, temporary)
        return replace(table, path=target)
