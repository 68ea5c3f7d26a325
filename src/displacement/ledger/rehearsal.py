"""A copy of a ledger as it was in a release, in a place of its own, in which a release can be added on trial."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from displacement.errors import WrongUseError
from displacement.ledger import decisions, readings
from displacement.ledger.derive import DERIVED
from displacement.ledger.inputs import read_inputs
from displacement.ledger.records import release_datasets_text
from displacement.ledger.shipped import (
    FIGURES,
    PROVENANCE,
    RELEASE_DATASETS,
    EmbeddedFile,
    read_rows,
    verify,
)
from displacement.ledger.upgrade import upgrade
from displacement.settings import Settings
from displacement.storage.duck import sql_text
from displacement.storage.files import sha256_of


def copied(settings: Settings, directory: Path, as_of: date | None = None) -> Settings:
    """Return the settings of a copy below `directory` of the ledger as it was in a release, or as it is now.

    The releases after `as_of`, and the decisions about them, are left out. Nothing is written but below `directory`.

    Raises:
        WrongUseError: the ledger has no such release.
        DisplacementError: a shipped file, a reading or a decision is damaged.
    """
    home = directory / "home"
    copy = replace(settings, home=home, public=directory / "public", ledger=None, store=None)
    if settings.ledger_home.is_dir():
        shutil.copytree(settings.ledger_home, copy.ledger_home, ignore=shutil.ignore_patterns(DERIVED, ".*"))
    if as_of is None:
        return copy
    upgrade(copy)
    read, made = readings.names(copy.ledger_home), decisions.names(copy.ledger_home)
    inputs = read_inputs(settings.data, copy.ledger_home, read, made)
    if as_of not in inputs.releases():
        known = ", ".join(map(str, inputs.releases()))
        raise WrongUseError(f"There is no release {as_of}. Known releases: {known}.")
    for name in read:
        if date.fromisoformat(name.partition("/")[0]) > as_of:
            (copy.ledger_home / readings.READINGS / name).unlink()
    for name, decision in zip(made, inputs.decisions, strict=True):
        if decision.release and decision.release > as_of:
            (copy.ledger_home / decisions.DECISIONS / name).unlink()
    return replace(copy, data=_cut(settings.data, directory / "data", as_of))


def _cut(data: Path, target: Path, as_of: date) -> Path:
    """Make a copy of the shipped data with the ledger as of a release; the titles of all releases stay known."""
    import duckdb

    records = verify(data)
    target.mkdir()
    for name in records:
        if name not in (FIGURES, RELEASE_DATASETS):
            (target / name).symlink_to(data / name)
    duckdb.execute(
        f"""
        copy (
            select * replace (case when superseded_in <= date '{as_of}' then superseded_in end as superseded_in)
            from read_parquet('{sql_text(data / FIGURES)}')
            where published_in <= date '{as_of}'
        ) to '{sql_text(target / FIGURES)}' (format parquet)
        """
    )
    day = date.fromisoformat
    rows = (
        (day(row["release"]), row["dataset"], day(row["newest_reference_date"]), int(row["figures"]))
        for row in read_rows(data / RELEASE_DATASETS)
    )
    text = release_datasets_text(row for row in rows if row[0] <= as_of)
    (target / RELEASE_DATASETS).write_text(text, encoding="utf-8")
    kept = [one for one in records.values() if one.release is None or one.release <= as_of.isoformat()]
    (target / PROVENANCE).write_text(_provenance(target, kept), encoding="utf-8")
    return target


def _provenance(directory: Path, records: Iterable[EmbeddedFile]) -> str:
    """Return the record of shipped files with the sizes and checksums that the files of a directory have."""
    lines = []
    for one in records:
        path = directory / one.name
        record = asdict(one) | {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        lines.append(f"[file.{json.dumps(one.name)}]")  # a string of JSON is one of TOML
        lines += [f"{key} = {json.dumps(value)}" for key, value in record.items() if key != "name" and value]
    return "\n".join(lines) + "\n"
