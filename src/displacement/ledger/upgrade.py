"""Homes of version 0.1, which kept the ledger as versions: their releases and decisions become readings and decisions.

What a home of 0.1 holds is read and checked as 0.1 did; one that cannot be read is refused and left as it is. The old
directories are kept under another name.
"""

from __future__ import annotations

import logging
import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.errors import DisplacementError
from displacement.intake.model import DatasetReading, Hold
from displacement.ledger import decisions, readings
from displacement.ledger.decisions import Decision
from displacement.ledger.inputs import read_subjects
from displacement.ledger.readings import KEY
from displacement.ledger.shipped import FIGURES, RELEASE_DATASETS, read_rows, read_shipped
from displacement.ledger.spans import covers, current_in
from displacement.storage.duck import sql_text
from displacement.storage.files import checksums, unwritable

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

VERSIONS, CURRENT, KEPT = "versions", "current", "of-0.1"
FORMAT = 1
WHY = "as the ledger of version 0.1 held it"
_LOG = logging.getLogger(__name__)


def upgrade(settings: Settings) -> str | None:
    """Convert a ledger of version 0.1, if there is one; return the sentence that reports what was done.

    Raises:
        DisplacementError: it cannot be read, and was left as it is; or the disk cannot be written.
    """
    home = settings.ledger_home
    if not (home / VERSIONS).is_dir() or not any((home / VERSIONS).glob("[0-9]*-*")):
        return None
    directory = _current(home)
    manifest = _verified(directory)
    with tempfile.TemporaryDirectory() as scratch:
        old = _OldLedger(settings.data, directory, bool(manifest["follows_program"]), Path(scratch))
        converted = old.readings()
        for release, datasets in converted.items():
            readings.write(home, release, datasets, old.indicators)
    made = old.decisions()
    for at, decision in made:
        decisions.write(home, decision, at)
    try:
        (home / KEPT).mkdir(exist_ok=True)
        for name in (VERSIONS, CURRENT, "lock", "store"):
            if (home / name).exists():
                os.replace(home / name, home / KEPT / name)
    except FileNotFoundError:
        pass  # another process was quicker
    except OSError as error:
        raise unwritable(home / KEPT, error) from error
    count = sum(len(datasets) for datasets in converted.values())
    done = (
        f"The ledger of version 0.1 in {home} was converted: {count} readings of {len(converted)} releases and "
        f"{len(made)} decisions. The old one is kept in {home / KEPT}. All releases in it that are not shipped are "
        "judged by the rules of this version: see `displacement releases held`."
    )
    _LOG.warning(done)
    return done


def _current(home: Path) -> Path:
    try:
        name = (home / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        newest = max((home / VERSIONS).glob("[0-9]*-*"), key=lambda path: path.stat().st_mtime).name
        raise DisplacementError(
            f"The ledger of version 0.1 in {home} does not tell which of its versions is current ({error}). Nothing "
            f"was changed. Write its name, such as {newest}, into {home / CURRENT}."
        ) from error
    if Path(name).name != name or not (home / VERSIONS / name).is_dir():
        raise _unreadable(home / VERSIONS / name, "is not there")
    return home / VERSIONS / name


def _verified(directory: Path) -> dict[str, Any]:
    path = directory / "ledger.toml"
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        form, files = manifest["format"], manifest["files"]
        found = checksums(directory / name for name in files)
        follows = isinstance(manifest["follows_program"], bool)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, f"cannot be read ({error})") from error
    if form != FORMAT or not follows:
        raise _unreadable(directory, f"has format {form}; this program reads format {FORMAT}")
    for name, sha256 in files.items():
        if found[directory / name] != sha256:
            raise _unreadable(directory / name, "does not have the checksum that was recorded of it")
    return manifest


def _unreadable(path: Path, what: str) -> DisplacementError:
    return DisplacementError(
        f"The ledger of version 0.1 cannot be converted: {path} {what}. Nothing was changed. Repair it with version "
        "0.1, or move the directory of the ledger away to go on with the shipped figures."
    )


@dataclass(frozen=True)
class _OldLedger:
    """A version of a ledger of 0.1."""

    data: Path
    directory: Path
    follows_program: bool
    scratch: Path

    @property
    def indicators(self) -> dict[str, list[str]]:
        """The indicators of each dataset."""
        found: dict[str, list[str]] = {}
        for code, subject in read_subjects(self.data).items():
            found.setdefault(subject.dataset, []).append(code)
        return found

    def readings(self) -> dict[date, list[DatasetReading]]:
        """Return what it holds of each release that is not shipped, in the form in which it is read."""
        import duckdb

        shipped = read_shipped(self.data, is_left_out=not self.follows_program)
        found: dict[date, list[DatasetReading]] = {}
        with duckdb.connect() as connection:
            for release, reading in (*self._facts(connection), *self._tables(), *self._unread()):
                key = (release, reading.dataset)
                if key not in shipped.newest and key not in shipped.tables:
                    found.setdefault(release, []).append(reading)
        return dict(sorted(found.items()))

    def decisions(self) -> list[tuple[datetime, Decision]]:
        """Return its decisions, each with a moment that keeps their order."""
        found = []
        if not self.follows_program:
            text = "The ledger was begun empty."
            first = Decision("1970-01-01", "displacement", None, decisions.SHIPPED, "left out", text)
            found.append((datetime(1970, 1, 1, tzinfo=UTC), first))
        for number, row in enumerate(_rows(self.directory / "book/decisions.csv")):
            at = datetime.fromisoformat(row["decided_at"])
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC) + timedelta(microseconds=number)
            accepted, release = row["verdict"] == "accepted", date.fromisoformat(row["release"])
            decision = Decision(
                row["decided_at"],
                row["decided_by"],
                release,
                row["subject"],
                "accepted" if accepted else "taken back",
                row["reason"],
            )
            found.append((at, decision))
        return found

    def _facts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[date, DatasetReading]]:
        newest = {
            (date.fromisoformat(row["release"]), row["dataset"]): date.fromisoformat(row["newest_reference_date"])
            for row in _rows(self.directory / RELEASE_DATASETS)
        }
        newest |= {
            (date.fromisoformat(row["release"]), row["dataset"]): date.fromisoformat(row["newest"])
            for row in _rows(self.directory / "book/stopped.csv")
            if row["newest"]
        }
        for (release, dataset), day in sorted(newest.items()):
            facts, unknown = (self.scratch / f"{release}.{dataset}.{name}.parquet" for name in ("facts", "unknown"))
            left_unknown = self._unknown(release, self.indicators[dataset])
            _copy(connection, self._facts_of(release, self.indicators[dataset], day), facts)
            _copy(connection, left_unknown, unknown)
            ((figures,),) = connection.execute(f"select count(*) from '{sql_text(facts)}'").fetchall()
            yield release, self._reading(release, dataset, newest=day, figures=figures, facts=facts, unknown=unknown)

    def _facts_of(self, release: date, codes: list[str], newest: date) -> str:
        held = {code: self.directory / "held" / f"{release}.{code}.parquet" for code in codes}
        set_apart = [f"select {KEY}, value from '{sql_text(path)}'" for path in held.values() if path.exists()]
        current = _texts(code for code, path in held.items() if not path.exists())
        figures = (
            f"select {KEY}, value from '{sql_text(self.directory / FIGURES)}' "
            f"anti join ({self._unknown(release, codes)}) using ({KEY}) where indicator in ({current}) "
            f"and {current_in(release)} and " + covers(f"date '{newest}'")
        )
        return " union all ".join([*set_apart, figures])

    def _unknown(self, release: date, codes: list[str]) -> str:
        path = self.directory / "unknown" / f"{release}.parquet"
        source, wanted = (path, _texts(codes)) if path.exists() else (self.directory / FIGURES, "null")
        return f"select {KEY} from '{sql_text(source)}' where indicator in ({wanted})"

    def _tables(self) -> Iterator[tuple[date, DatasetReading]]:
        codes = read_subjects(self.data)
        for path in sorted(self.directory.glob("*/*.parquet")):
            release, dataset = path.stem, path.parent.name
            if dataset == "held":
                release, _, dataset = path.stem.partition(".")
            if dataset not in ("unknown", *codes):
                day = date.fromisoformat(release)
                yield day, self._reading(day, dataset, table=path)

    def _unread(self) -> Iterator[tuple[date, DatasetReading]]:
        """Yield the datasets of which nothing could be read."""
        for row in _rows(self.directory / "book/stopped.csv"):
            release, dataset = date.fromisoformat(row["release"]), row["dataset"]
            if row["is_whole"] == "yes" and not row["newest"] and dataset in self.indicators:
                yield release, self._reading(release, dataset)

    def _reading(
        self,
        release: date,
        dataset: str,
        *,
        newest: date | None = None,
        figures: int = 0,
        facts: Path | None = None,
        unknown: Path | None = None,
        table: Path | None = None,
    ) -> DatasetReading:
        stops = [
            row
            for row in _rows(self.directory / "book/stopped.csv")
            if (row["release"], row["dataset"]) == (str(release), dataset)
        ]
        whole = next((row for row in stops if row["is_whole"] == "yes"), None)
        return DatasetReading(
            dataset,
            newest,
            WHY,
            figures,
            figures,
            facts=facts,
            unknown=unknown,
            table=table,
            holds=tuple(
                Hold(row["subject"], row["rule"], row["sentence"]) for row in stops if row["is_whole"] != "yes"
            ),
            stopped=whole["sentence"] if whole else None,
            stopped_by=whole["rule"] if whole else None,
        )


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    return list(read_rows(path)) if path.exists() else []


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    connection.execute(f"copy ({select}) to '{sql_text(path)}' (format parquet)")


def _texts(values: Iterable[str]) -> str:
    return ", ".join(f"'{sql_text(value)}'" for value in values) or "null"
