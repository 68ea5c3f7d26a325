"""Readings: what a release holds of one dataset, each an immutable Parquet file named by its content.

`home/ledger/readings/<release>/<dataset>-<sha12>.parquet` holds facts (`indicator, reference_date, origin, asylum,
value`; value NULL where a row of the fact is in quarantine, so that it is unknown and not withdrawn), or the rows of a
dataset without indicators. Everything else about it is in the metadata of the file. Files are only ever added.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from displacement.errors import DisplacementError
from displacement.intake.model import DatasetReading, Hold, InQuarantine
from displacement.storage.duck import model_error, sql_text
from displacement.storage.files import PARTIAL_SUFFIX, checksums, is_being_written, partial_name, sha256_of, unwritable

if TYPE_CHECKING:
    import duckdb

READINGS = "readings"
KEY = "indicator, reference_date, origin, asylum"
"""What identifies a fact."""

NAME = re.compile(r"(?P<dataset>[A-Za-z0-9_]+)-(?P<sha>[0-9a-f]{12})\.parquet")
METADATA = "reading"
"""The key of the metadata of a Parquet file under which the rest of a reading is, as JSON."""

Kind = Literal["facts", "table", "nothing"]
Key = tuple[date, str]
"""A release, and a dataset or the code of an indicator."""


@dataclass(frozen=True, slots=True)
class ReadingFile:
    """A reading on disk.

    Attributes:
        kind: whether it holds facts, the rows of a dataset without indicators, or nothing since none could be read.
        newest: the newest reference date of its facts.
        holds: indicators that intake holds back.
        stopped: why intake stopped the dataset as a whole; None where it did not.
        stopped_by: the rule that stopped it.
        together: the datasets that were added with it: it counts once all of them are there.
        replaces: the names of earlier files of the same release and dataset, which were held back.
        in_quarantine: the rows that were left out of it.
    """

    path: Path
    release: date
    dataset: str
    kind: Kind
    newest: date | None
    holds: tuple[Hold, ...]
    stopped: str | None
    stopped_by: str | None
    together: tuple[str, ...]
    replaces: tuple[str, ...]
    in_quarantine: tuple[InQuarantine, ...] = ()

    @property
    def select(self) -> str:
        """The SELECT of its facts, unknown ones with the value NULL."""
        return f"select date '{self.release}' as release, {KEY}, value from read_parquet('{sql_text(self.path)}')"

    @property
    def reasons(self) -> set[tuple[str, bool, str]]:
        """Why intake held something back: an indicator or the dataset, whether it is the dataset, and the rule."""
        held = {(hold.indicator, False, hold.rule) for hold in self.holds}
        return held | ({(self.dataset, True, self.stopped_by or "")} if self.stopped else set())


def names(ledger_home: Path) -> list[str]:
    """Return `<release>/<file>` of every reading, in order.

    Raises:
        DisplacementError: a Parquet file is there that does not have the name of a reading.
    """
    found = sorted(path for path in (ledger_home / READINGS).glob("*/*.parquet") if not path.name.startswith("."))
    for path in found:
        if not NAME.fullmatch(path.name) or not _is_day(path.parent.name):
            raise DisplacementError(
                f"{path} does not have the name of a reading (<release>/<dataset>-<checksum>.parquet). Nothing was "
                "changed. Give it back its name, or move it out of the ledger."
            )
    return [f"{path.parent.name}/{path.name}" for path in found]


def verify(ledger_home: Path, wanted: Iterable[str]) -> None:
    """Compare the bytes of readings with the checksums in their names.

    Raises:
        DisplacementError: a file is damaged or cannot be read.
    """
    paths = [ledger_home / READINGS / name for name in wanted]
    try:
        found = checksums(paths)
    except OSError as error:
        raise _damaged(Path(error.filename), f"cannot be read ({error.strerror})") from error
    for path, sha256 in found.items():
        if not path.stem.endswith(f"-{sha256[:12]}"):
            raise _damaged(path, f"has the checksum {sha256[:12]}, which is not that of its name")


def read(ledger_home: Path, wanted: Sequence[str]) -> list[ReadingFile]:
    """Return readings by their names.

    Raises:
        DisplacementError: a file is not one that `write` wrote.
    """
    import duckdb

    if not wanted:
        return []
    paths = [ledger_home / READINGS / name for name in wanted]
    listed = ", ".join(f"'{sql_text(path)}'" for path in paths)
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(
                "select file_name, decode(value) from parquet_kv_metadata([" + listed + "]) "
                f"where decode(key) = '{METADATA}'"
            ).fetchall()
    except duckdb.Error as error:
        raise DisplacementError(f"A reading cannot be read ({str(error).splitlines()[0]}).") from error
    found = {Path(name): text for name, text in rows}
    return [_reading(path, found.get(path)) for path in paths]


def counting(found: Iterable[ReadingFile], shipped: Collection[Key]) -> dict[Key, ReadingFile]:
    """Return the reading that counts for each release and dataset, whoever added which in which order.

    What is shipped with the program needs none. A reading does not count before all those it was added with are there
    (a killed process may have left some), nor when another replaces it. Where two machines added different readings
    that know nothing of each other, the one whose name comes first counts.
    """
    listed = sorted(found, key=lambda each: each.path.name, reverse=True)
    there = {(each.release, each.dataset) for each in listed}
    whole = [each for each in listed if all((each.release, other) in there for other in each.together)]
    replaced = {(each.release, name) for each in whole for name in each.replaces}
    chosen: dict[Key, ReadingFile] = {}
    for each in whole:
        key = (each.release, each.dataset)
        if key not in shipped and (each.release, each.path.name) not in replaced:
            chosen[key] = each
    return dict(sorted(chosen.items()))


def write(
    ledger_home: Path,
    release: date,
    readings: Sequence[DatasetReading],
    indicators: Mapping[str, Collection[str]],
) -> list[Path]:
    """Add readings of a release: written beside, then renamed, one right after the other; return their files.

    Args:
        ledger_home: the directory of the ledger in the home.
        release: the release.
        readings: what was read of each dataset.
        indicators: the indicators of each dataset that has any.

    Raises:
        DisplacementError: facts are empty, below one, twice, or of another dataset; or the disk cannot be written.
    """
    directory = ledger_home / READINGS / release.isoformat()
    together = sorted(reading.dataset for reading in readings)
    aside = {reading.dataset: [asdict(each) for each in reading.in_quarantine(release)] for reading in readings}
    drafts: list[tuple[Path, Path]] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _tidy(directory)
        for reading in readings:
            draft = partial_name(directory / f"{reading.dataset}.parquet")
            drafts.append((draft, draft))
            earlier = sorted(path.name for path in directory.glob(f"{reading.dataset}-*.parquet"))
            added_with = {"together": together, "replaces": earlier, "in_quarantine": aside[reading.dataset]}
            _write(draft, reading, indicators.get(reading.dataset, ()), added_with)
            sha256 = sha256_of(draft)
            drafts[-1] = (draft, directory / f"{reading.dataset}-{sha256[:12]}.parquet")
            reach_the_disk(draft)
        for draft, final in drafts:
            os.replace(draft, final)
        reach_the_disk(directory)
    except OSError as error:
        raise unwritable(Path(error.filename or directory), error) from error
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    return [final for _, final in drafts]


def reach_the_disk(path: Path) -> None:
    """Wait until a file or directory is on the disk: what cannot be fetched again must outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def facts_of(reading: DatasetReading) -> str:
    """Return the SELECT of the facts that were read of a dataset, unknown ones with the value NULL."""
    select = f"select {KEY}, value from read_parquet('{sql_text(reading.facts)}')"
    if reading.unknown:
        select += f" union all select {KEY}, null as value from read_parquet('{sql_text(reading.unknown)}')"
    return select


def kind_of(reading: DatasetReading, indicators: Collection[str]) -> Kind:
    """Return what a reading holds."""
    if indicators:
        return "facts" if reading.facts and reading.newest_reference_date else "nothing"
    return "table" if reading.table else "nothing"


def _write(path: Path, reading: DatasetReading, indicators: Collection[str], added_with: Mapping[str, object]) -> None:
    import duckdb

    kind = kind_of(reading, indicators)
    select = {
        "facts": f"select * from ({facts_of(reading)}) order by {KEY}",
        "table": f"from read_parquet('{sql_text(reading.table)}')",
        "nothing": "select null::varchar as nothing where false",
    }[kind]
    stopped, rule = reading.stopped, reading.stopped_by or "stopped"
    if kind == "nothing" and stopped is None:
        stopped, rule = f"{reading.dataset} holds no figure.", "no_figures"
    newest = reading.newest_reference_date if kind == "facts" else None
    record = {
        "kind": kind,
        "newest_reference_date": newest and newest.isoformat(),
        "why": reading.why,
        "rows": reading.rows,
        "figures": reading.figures,
        "holds": [
            {"indicator": each.indicator, "rule": each.rule, "sentence": each.sentence} for each in reading.holds
        ],
        "stopped": stopped,
        "stopped_by": rule if stopped else None,
        **added_with,
    }
    text = sql_text(json.dumps(record, ensure_ascii=False, sort_keys=True))
    try:
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")  # so that the same rows make the same bytes
            if kind == "facts":
                _require_facts(connection, reading, indicators)
            connection.execute(
                f"copy ({select}) to '{sql_text(path)}' "
                f"(format parquet, compression zstd, kv_metadata {{{METADATA}: '{text}'}})"
            )
    except duckdb.Error as error:
        raise model_error(f"The reading of {reading.dataset}", error) from error


def _require_facts(connection: duckdb.DuckDBPyConnection, reading: DatasetReading, indicators: Collection[str]) -> None:
    codes = ", ".join(f"'{sql_text(code)}'" for code in indicators)
    ((wrong, twice),) = connection.execute(
        f"""
        select
            count(*) filter (
                value < 1 or indicator not in ({codes})
                or {" or ".join(f"{column} is null" for column in KEY.split(", "))}
            ) + (select count(*) from read_parquet('{sql_text(reading.facts)}') where value is null),
            count(*) - count(distinct hash({KEY}))
        from ({facts_of(reading)})
        """
    ).fetchall()
    if wrong or twice:
        raise DisplacementError(
            f"The facts in {reading.facts} cannot be added to the ledger: {wrong} are empty, below one or of an "
            f"indicator of another dataset, {twice} are there twice. Read the release again."
        )


def _reading(path: Path, text: str | None) -> ReadingFile:
    named = NAME.fullmatch(path.name)
    try:
        record: dict[str, Any] = json.loads(text or "")
        newest = record["newest_reference_date"]
        return ReadingFile(
            path,
            date.fromisoformat(path.parent.name),
            named["dataset"] if named else "",
            record["kind"],
            date.fromisoformat(newest) if newest else None,
            tuple(Hold(**each) for each in record["holds"]),
            record["stopped"],
            record["stopped_by"],
            tuple(record["together"]),
            tuple(record["replaces"]),
            tuple(InQuarantine(**each) for each in record.get("in_quarantine", ())),  # earlier versions have none
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"does not have the metadata of a reading ({error})") from error


def _damaged(path: Path, what: str) -> DisplacementError:
    return DisplacementError(
        f"The ledger is damaged: {path} {what}. Nothing was changed. Restore the file from a backup, or move it away "
        f"and add the release {path.parent.name} again: displacement fetch --from DIR --release {path.parent.name}."
    )


def _tidy(directory: Path) -> None:
    """Remove what killed processes left unfinished."""
    for path in directory.glob(f".*{PARTIAL_SUFFIX}"):
        if not is_being_written(path):
            path.unlink(missing_ok=True)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
