"""Releases out of another ledger: those a newer program brings along, taken in at the same door as fetched ones.

They are taken in as they are, without being judged: they were, before they were shipped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.intake.model import DatasetReading
from displacement.ledger import books as book
from displacement.ledger import versions
from displacement.ledger.bench import Bench
from displacement.ledger.merge import Revision, read_subjects
from displacement.ledger.read import FIGURES, RELEASE_DATASETS, RELEASES
from displacement.ledger.record import write
from displacement.ledger.splice import KEY, is_covered, stands
from displacement.ledger.tables import Tables, read_tables, shipped_tables
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    from displacement.settings import Settings

WHY = "as it came with the program"


def catch_up(settings: Settings, directory: Path) -> Path:
    """Take in the releases that came with the program and a ledger lacks; return the directory that stands then.

    Raises:
        DisplacementError: the ledger is damaged or of a newer format, or cannot be written.
    """
    if not _lacking(settings, directory):
        return directory
    return versions.again_if_overtaken(settings, lambda: _catch_up(settings))


def _catch_up(settings: Settings) -> Path:
    with versions.writing(settings) as draft:
        if draft.previous == settings.data or not (lacking := _lacking(settings, draft.previous)):
            return draft.previous  # another process was quicker
        with Revision(settings, draft) as revision, tempfile.TemporaryDirectory() as scratch:
            for release in sorted({release for release, _ in lacking}):
                datasets = sorted(dataset for each, dataset in lacking if each == release)
                readings = shipped_readings(settings.data, release, datasets, Path(scratch))
                revision.arrive(readings)
                revision.take(release, readings, as_base=True)
            return write(revision)


def _lacking(settings: Settings, directory: Path) -> set[tuple[date, str]]:
    """Return the datasets of releases that came with the program and a ledger lacks."""
    manifest = versions.read_manifest(settings, directory)
    if not manifest.follows_program:
        return set()
    subjects = read_subjects(settings.data)
    tables = read_tables(directory, subjects)
    there = {*book.read_books(directory, manifest.base).read, *tables.accepted, *tables.aside}
    shipped = {*book.read_books(settings.data).read, *shipped_tables(settings.data).accepted}
    return shipped - there


def shipped_readings(data: Path, release: date, datasets: Iterable[str], into: Path) -> list[DatasetReading]:
    """Return what a ledger without held releases says of a release, in the form in which reading one comes.

    Args:
        data: the directory of the ledger, such as the data that came with the program.
        release: one of its releases.
        datasets: the datasets wanted.
        into: where the facts are written.
    """
    import duckdb

    subjects, books, tables = read_subjects(data), book.read_books(data), shipped_tables(data)
    readings = []
    with duckdb.connect() as connection:
        for dataset in datasets:
            if (release, dataset) in tables.accepted:
                table = tables.accepted[release, dataset]
                readings.append(DatasetReading(dataset, None, WHY, 0, table=table))
                continue
            newest = books.read[release, dataset]
            codes = ", ".join(f"'{sql_text(code)}'" for code in subjects if subjects[code].dataset == dataset)
            path = into / f"{release}.{dataset}.parquet"
            connection.execute(
                f"copy (select {KEY}, value from read_parquet('{sql_text(data / FIGURES)}') where "
                f"indicator in ({codes}) and {stands(release)} and {is_covered(newest)} order by {KEY}) "
                f"to '{sql_text(path)}' (format parquet)"
            )
            readings.append(DatasetReading(dataset, newest, WHY, 0, books.figures[release, dataset], facts=path))
    return readings


def start_empty(settings: Settings) -> Path:
    """Begin a ledger with no release in it, which the program brings nothing into; return its directory.

    Raises:
        WrongUseError: there is a ledger already.
    """
    if versions.versions(settings):
        raise WrongUseError(f"There is a ledger in {settings.ledger_home} already. Move it away to begin an empty one.")
    with versions.writing(settings) as draft, Bench(settings.home) as bench:
        bench.write(draft.path(FIGURES))
        empty = book.Books({}, (), (), frozenset(), {}, ())
        Tables({}, {}).write(draft)
        draft.write_text(RELEASES, book.releases_text({}))
        draft.write_text(RELEASE_DATASETS, book.release_datasets_text(empty))
        draft.write_text(book.HELD_BACK, book.held_back_text(()))
        draft.write_text(book.STOPPED, book.stopped_text(()))
        draft.write_text(book.DECISIONS, book.decisions_text(()))
        return draft.finish(follows_program=False, base={})
