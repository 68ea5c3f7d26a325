"""Copies of the shipped data to plant errors in: the whole of it, or few facts, checked in a second."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb

from displacement.intake.model import DatasetReading, Reading
from displacement.ledger.inputs import read_subjects
from displacement.ledger.readings import KEY
from displacement.ledger.shipped import PROVENANCE, read_shipped
from displacement.ledger.spans import covers, current_in
from displacement.settings import PACKAGE
from displacement.storage.files import sha256_of

SHIPPED = PACKAGE / "data"
SMALL = "origin in ('AB9', 'KGZ', 'PSE', 'TIB')"
"""Real facts, about one in fifty: some corrected, some withdrawn, some that came back."""


def copied(target: Path) -> Path:
    """Return a copy of the shipped data that a test may change."""
    return Path(shutil.copytree(SHIPPED, target))


def small(target: Path) -> Path:
    """Return a copy with few facts, whose counts of figures by release are those of the few."""
    directory = copied(target)
    change_figures(directory, f"delete from figures where not ({SMALL})")
    with duckdb.connect() as connection:
        connection.execute(f"create view figures as from read_parquet('{directory / 'figures.parquet'}')")
        for name in ("indicators", "release_datasets"):
            connection.execute(f"create view {name} as from read_csv('{directory / f'{name}.csv'}')")
        connection.execute(
            f"""
            copy (
                select d.release, d.dataset, d.newest_reference_date, count(f.value) as figures
                from release_datasets as d
                inner join indicators as i on i.dataset = d.dataset
                left join figures as f on f.indicator = i.indicator
                    and f.published_in <= d.release and (f.superseded_in is null or f.superseded_in > d.release)
                    and (month(f.reference_date) = 12 or f.reference_date = d.newest_reference_date)
                group by all order by all
            ) to '{directory / "counted.csv"}' (format csv, header)
            """
        )
    (directory / "counted.csv").replace(directory / "release_datasets.csv")
    return sealed(directory)


def change_figures(directory: Path, statement: str) -> None:
    """Run a statement that changes the table `figures` of a copy, and seal it."""
    path = directory / "figures.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table figures as from read_parquet('{path}')")
        (changed,) = connection.execute(statement).fetchall()[0]
        assert changed, f"{statement} changed nothing"
        connection.execute(f"copy figures to '{path}' (format parquet, compression zstd)")
    sealed(directory)


def change_text(directory: Path, name: str, old: str, new: str) -> None:
    """Exchange a piece of text that stands once in a file of a copy, and seal it."""
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    sealed(directory)


def sealed(directory: Path) -> Path:
    """Write true sizes and checksums into the record of a copy, so that only its content is at fault."""
    path = directory / PROVENANCE
    sections = re.split(r'(?m)^(?=\[file\.")', path.read_text(encoding="utf-8"))
    path.write_text("".join(_sealed(section, directory) for section in sections), encoding="utf-8")
    return directory


def _sealed(section: str, directory: Path) -> str:
    name = re.match(r'\[file\."(.+?)"\]', section)
    if name is None:
        return section
    file = directory / name[1]
    section = re.sub(r"(?m)^bytes = .*$", f"bytes = {file.stat().st_size}", section)
    return re.sub(r"(?m)^sha256 = .*$", f'sha256 = "{sha256_of(file)}"', section)


def shipped_release(release: date, directory: Path, data: Path = SHIPPED) -> Reading:
    """Return what a shipped release contains of its indicators, in the form in which it is read; facts go below."""
    place = directory / str(release)
    place.mkdir(parents=True, exist_ok=True)
    shipped = read_shipped(data)
    readings = []
    for (day, dataset), newest in shipped.newest.items():
        if day != release:
            continue
        facts = place / f"{dataset}.parquet"
        codes = ", ".join(f"'{code}'" for code, one in read_subjects(SHIPPED).items() if one.dataset == dataset)
        (figures,) = duckdb.execute(
            f"copy (select {KEY}, value from '{shipped.figures}' where indicator in ({codes}) and {current_in(day)} "
            f"and {covers(repr(str(newest)))}) to '{facts}' (format parquet)"
        ).fetchall()[0]
        readings.append(DatasetReading(dataset, newest, "as shipped", figures, figures, facts=facts))
    return Reading(release, "directory", tuple(readings))


def shipped_releases(data: Path = SHIPPED) -> list[date]:
    """Return the days of the shipped releases, oldest first."""
    return sorted({release for release, _ in read_shipped(data).newest})
