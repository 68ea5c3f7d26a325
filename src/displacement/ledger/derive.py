"""The ledger as it follows from its inputs: derived once, kept under the checksum of what it was derived from.

`home/ledger/derived/<checksum>/` holds the figures with their spans and the small tables beside them. It may be thrown
away at any time: a directory that is missing or damaged is rebuilt. The latest one is what the next one goes on from,
so that only what a new reading or decision touches is derived again. Where nothing was added to what is shipped, the
shipped data are the ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import DisplacementError
from displacement.ledger import decisions, held, readings, records, spans
from displacement.ledger.gate import Finding
from displacement.ledger.inputs import READ_BY_MODELS, Inputs, read_inputs
from displacement.ledger.judge import held_of, judge
from displacement.ledger.readings import KEY
from displacement.ledger.shipped import FIGURES, PROVENANCE, RELEASE_DATASETS, RELEASES, read_provenance, verify
from displacement.ledger.upgrade import upgrade
from displacement.storage import mirror
from displacement.storage.duck import bounded, model_error, sql_text
from displacement.storage.files import PARTIAL_SUFFIX, checksums, is_being_written, unwritable

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

DERIVED = "derived"
MANIFEST = "derived.json"
KEPT = 3
"""Derived ledgers that stay: a run may be bound to one that is no longer current."""

KEPT_SECONDS = 3600
"""A derived ledger younger than this stays in any case."""


@dataclass(frozen=True)
class State:
    """A ledger with everything it was derived from.

    Attributes:
        directory: of its files: a derived one, or the shipped data.
        findings: what the gate found about the releases that are not shipped.
    """

    directory: Path
    inputs: Inputs
    findings: tuple[Finding, ...]

    @property
    def held(self) -> set[tuple[date, str]]:
        """Release and code of the indicators and tables that are held back."""
        return held_of(self.findings)

    def is_current(self, release: date, code: str) -> bool:
        """Say whether what a release contains of an indicator or table counts."""
        return code in self.inputs.editions(release) and (release, code) not in self.held


def pinned(settings: Settings) -> Settings:
    """Return the settings bound to the current ledger, so that one run never mixes two.

    Raises:
        DisplacementError: the ledger is damaged, or cannot be written.
    """
    return settings if settings.ledger else replace(settings, ledger=current(settings))


def current(settings: Settings) -> Path:
    """Return the directory of the current ledger, derived from its inputs if it was not yet.

    Raises:
        DisplacementError: a reading or decision is damaged, or the disk cannot be written.
    """
    names = _names(settings)
    if not any(names):
        return settings.data
    directory = settings.ledger_home / DERIVED / _key(settings, *names)
    readings.verify(settings.ledger_home, names[0])
    if not is_whole(directory):
        verify(settings.data)
        inputs = read_inputs(settings.data, settings.ledger_home, *names)
        _derive(settings, inputs, names, directory)
    with suppress(OSError):  # somebody else's home
        os.utime(directory)  # in use, so it stays
    return directory


def current_state(settings: Settings) -> State:
    """Return the current ledger with everything it was derived from.

    Raises:
        DisplacementError: a file is damaged, or the disk cannot be written.
    """
    directory = current(settings)
    inputs = read_inputs(settings.data, settings.ledger_home, *_names(settings))
    findings = () if directory == settings.data else tuple(records.read_findings(directory))
    return State(directory, inputs, findings)


def sources(directory: Path) -> list[Path]:
    """Return the files of a ledger that models read."""
    return [path for path in sorted(directory.iterdir()) if path.suffix in (".parquet", ".csv")]


def is_whole(directory: Path) -> bool:
    """Say whether a derived ledger is there and its files have the bytes they were written with."""
    try:
        files = _manifest(directory)["files"]
        found = checksums(directory / name for name in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return all(found[directory / name] == sha256 for name, sha256 in files.items())


def releases_of_tables(directory: Path) -> dict[str, str]:
    """Return the release of each table without indicators in a ledger, such as demographics; of none no release had."""
    if (directory / MANIFEST).exists():
        return dict(_manifest(directory)["tables"])
    return {Path(one.name).stem: one.release for one in read_provenance(directory).values() if one.release}


def require_whole(directory: Path) -> None:
    """Raise an error when a derived ledger is not whole.

    Raises:
        DisplacementError: a file is missing or damaged.
    """
    if not is_whole(directory):
        raise DisplacementError(
            f"A file of the derived ledger {directory} is missing or damaged. Run the command again: it is rebuilt "
            "from the readings and decisions."
        )


# --- what it is derived from ------------------------------------------------------------------------------------------


def _names(settings: Settings) -> tuple[list[str], list[str]]:
    upgrade(settings)
    mirror.sync_ledger(settings)
    return readings.names(settings.ledger_home), decisions.names(settings.ledger_home)


def _key(settings: Settings, reading_names: list[str], decision_names: list[str]) -> str:
    text = json.dumps([_program(settings.data), reading_names, decision_names])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _program(data: Path) -> str:
    """Return a checksum of what is shipped and of the rules that derive a ledger."""
    here = Path(__file__).resolve().parent
    files = [path for path in sorted(here.rglob("*")) if path.suffix in (".py", ".toml", ".sql")]
    digest = hashlib.sha256((data / PROVENANCE).read_bytes())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _manifest(directory: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    return found


# --- deriving ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Base:
    """What the next ledger goes on from: spans, and the findings about releases before `since`."""

    figures: Path | None
    since: date
    findings: list[Finding]


def _derive(settings: Settings, inputs: Inputs, names: tuple[list[str], list[str]], target: Path) -> None:
    import duckdb

    depends = {name: name.partition("/")[0] for name in names[0]}
    depends |= {name: str(made.release or "") for name, made in zip(names[1], inputs.decisions, strict=True)}
    try:
        with _draft(target) as draft, bounded(duckdb.connect(), settings.home) as connection:
            base = _base(settings, inputs, depends)
            tables = _write(connection, inputs, base, draft)
            files = {path.name: sha256 for path, sha256 in checksums(sorted(draft.iterdir())).items()}
            manifest = {"program": {"sha256": _program(settings.data)}, "depends": depends, "files": files}
            manifest |= {"tables": tables}
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    except duckdb.IOException as error:
        raise model_error("The ledger", error) from error
    _prune(target)


def _write(connection: duckdb.DuckDBPyConnection, inputs: Inputs, base: _Base, draft: Path) -> dict[str, str]:
    """Write the files of a ledger; return the release of each table without indicators."""
    figures = draft / FIGURES
    _provide(connection, inputs, base)
    findings = judge(connection, inputs, base.since, base.findings)
    _provide_editions(connection, inputs, base.since, held_of(findings))
    if spans.derive(connection, base.since) or base.figures is None:
        spans.write(connection, figures)
    else:
        _take(base.figures, figures)
    connection.execute(f"create or replace temp view figures as {_spans_in(figures)}")
    rows = held.rows(connection, inputs, findings)
    (draft / records.FINDINGS).write_text(records.findings_text(findings), encoding="utf-8")
    aside = (one for each in inputs.readings.values() for one in each.in_quarantine)
    (draft / records.IN_QUARANTINE).write_text(records.in_quarantine_text(aside), encoding="utf-8")
    (draft / records.HELD_BACK).write_text(records.held_back_text(rows), encoding="utf-8")
    incomplete = {each.release for each in inputs.stopped()}
    listed = records.releases_text(inputs.newest, inputs.shipped.titles, incomplete)
    (draft / RELEASES).write_text(listed, encoding="utf-8")
    counted = records.release_datasets_text(_counted(connection, inputs))
    (draft / RELEASE_DATASETS).write_text(counted, encoding="utf-8")
    accepted = {dataset: (release, dataset) for release, dataset in sorted(inputs.tables.keys() - held_of(findings))}
    for dataset, key in accepted.items():
        if dataset in READ_BY_MODELS and key in inputs.readings:
            _take(inputs.tables[key], draft / f"{dataset}.parquet")
    return {dataset: release.isoformat() for dataset, (release, _) in accepted.items()}


def _provide(connection: duckdb.DuckDBPyConnection, inputs: Inputs, base: _Base) -> None:
    connection.execute(f"create temp view base as {_spans_in(base.figures)}")
    connection.execute(f"create temp view shipped as {_spans_in(inputs.shipped.figures)}")
    contents = [
        reading.select
        for (release, _), reading in inputs.readings.items()
        if reading.kind == "facts" and release >= base.since
    ]
    nothing = f"select date '1-1-1' as release, {KEY}, value from base where false"
    connection.execute(f"create temp view contents as {' union all '.join([*contents, nothing])}")


def _provide_editions(
    connection: duckdb.DuckDBPyConnection, inputs: Inputs, since: date, held_back: set[tuple[date, str]]
) -> None:
    connection.execute("create temp table editions (indicator varchar, release date, newest date, is_shipped boolean)")
    rows = [
        f"('{sql_text(code)}', date '{release}', date '{edition.newest}', {inputs.is_shipped(release, code)})"
        for release in inputs.releases()
        if release >= since
        for code, edition in inputs.editions(release).items()
        if edition.newest and (release, code) not in held_back
    ]
    if rows:
        connection.execute(f"insert into editions values {', '.join(rows)}")


def _spans_in(figures: Path | None) -> str:
    if figures:
        return f"select {spans.SPANS} from read_parquet('{sql_text(figures)}')"
    return (
        "select '' as indicator, date '1-1-1' as reference_date, '' as origin, '' as asylum, 0::bigint as value, "
        "date '1-1-1' as published_in, date '1-1-1' as superseded_in where false"
    )


def _counted(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> list[tuple[date, str, date, int]]:
    """Return release, dataset, newest reference date and figures: those of its year-ends and its newest mid-year."""
    if not inputs.newest:
        return []
    listed = ", ".join(f"(date '{key[0]}', '{key[1]}', date '{day}')" for key, day in inputs.newest.items())
    codes = ", ".join(f"('{code}', '{subject.dataset}')" for code, subject in inputs.subjects.items())
    return connection.execute(
        f"""
        with groups as (
            select indicator, reference_date, published_in, superseded_in, count(*) as facts from figures group by all
        )
        select d.release, d.dataset, d.newest, coalesce(sum(g.facts), 0)::bigint
        from (values {listed}) as d(release, dataset, newest)
        inner join (values {codes}) as i(indicator, dataset) using (dataset)
        left join groups as g
            on g.indicator = i.indicator
            and g.published_in <= d.release
            and (g.superseded_in is null or g.superseded_in > d.release)
            and (month(g.reference_date) = 12 or g.reference_date = d.newest)
        group by d.release, d.dataset, d.newest
        """
    ).fetchall()


def _base(settings: Settings, inputs: Inputs, depends: dict[str, str]) -> _Base:
    """Return the latest derived ledger of the same program, or the shipped one."""
    directories = (settings.ledger_home / DERIVED).glob("[0-9a-f]*")
    for directory in sorted(directories, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            manifest = _manifest(directory)
        except (OSError, ValueError):
            continue
        before = manifest["depends"]
        shipped_as_well = ("" in before.values()) == ("" in depends.values())
        if manifest["program"]["sha256"] == _program(settings.data) and shipped_as_well and is_whole(directory):
            changed = [day for name, day in {**before, **depends}.items() if (name in before) != (name in depends)]
            since = min((date.fromisoformat(day) for day in changed), default=date.max)
            known = [each for each in records.read_findings(directory) if each.release < since]
            return _Base(directory / FIGURES, since, known)
    since = min((date.fromisoformat(day) for day in depends.values() if day), default=date.max)
    return _Base(inputs.shipped.figures, since, [])


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Yield a directory beside `target`, which it becomes when the block ends well."""
    draft = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        for left in target.parent.glob(f".*{PARTIAL_SUFFIX}"):
            if not is_being_written(left):
                shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        if target.exists() and not is_whole(target):
            shutil.rmtree(target, ignore_errors=True)
        if not target.exists():  # else another process was quicker
            os.replace(draft, target)
    except OSError as error:
        if not is_whole(target):
            raise unwritable(Path(error.filename or target), error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take(source: Path, target: Path) -> None:
    """Link a file of the ledger, which is never edited, or copy one that is shipped."""
    try:
        if source.parents[1] == target.parents[1] or readings.READINGS in source.parts:
            os.link(source, target)
            return
    except OSError:
        pass  # a file system without links
    shutil.copyfile(source, target)


def _prune(latest: Path) -> None:
    """Remove derived ledgers that no run is bound to any more."""
    others = [path for path in latest.parent.glob("[0-9a-f]*") if path != latest]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[KEPT - 1 :]:
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
