"""Datasets without indicators, such as demographics: whole tables, kept release by release.

The newest accepted table of a dataset is the one that models read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from displacement.errors import DisplacementError
from displacement.ledger.bench import Tallies
from displacement.ledger.gate import Side, Subject, Tally
from displacement.ledger.shipped import read_provenance
from displacement.ledger.versions import Draft
from displacement.storage.duck import sql_text

HELD = "held"

READ_BY_MODELS = ("demographics", "denominators")
"""Tables that take the place of those that came with the program. Others are only kept: the publisher's list of
countries must not pass for the reviewed one of the same name."""

Key = tuple[date, str]
"""A release and a dataset."""


class Tables:
    """The tables of a ledger: those accepted, and those aside because they are held back or have just come."""

    def __init__(self, accepted: Mapping[Key, Path], aside: Mapping[Key, Path]) -> None:
        """Take over the tables of a ledger."""
        self.accepted = dict(accepted)
        self.aside = dict(aside)
        self._counted: dict[Path, Tallies] = {}

    def path(self, release: date, dataset: str) -> Path | None:
        """Return the table of a dataset of a release."""
        return self.accepted.get((release, dataset)) or self.aside.get((release, dataset))

    def releases(self, dataset: str) -> list[date]:
        """Return the releases that have a table of a dataset, oldest first."""
        return sorted(release for release, each in {*self.accepted, *self.aside} if each == dataset)

    def datasets(self) -> set[str]:
        """Return the datasets there are."""
        return {dataset for _, dataset in {*self.accepted, *self.aside}}

    def take(self, release: date, dataset: str, table: Path) -> None:
        """Put a table that has come aside."""
        self.aside[release, dataset] = table

    def settle(self, dataset: str, held: Collection[date]) -> list[tuple[date, str, bool]]:
        """Move the tables of a dataset to where they belong.

        Returns:
            Release, dataset and whether it is accepted now, of each table that moved.
        """
        moved = []
        for release in self.releases(dataset):
            key = (release, dataset)
            here, there = (self.aside, self.accepted) if release in held else (self.accepted, self.aside)
            if key in there:
                here[key] = there.pop(key)
                moved.append((release, dataset, here is self.accepted))
        return moved

    def side(self, dataset: str, release: date) -> Side:
        """Return what a table holds, as the gate compares it."""
        return Side(release, None, self.tallies(release, dataset))

    def tallies(self, release: date, dataset: str) -> Tallies:
        """Return the rows of a table, counted by year."""
        path = self.path(release, dataset)
        return self.counted(path) if path else {}

    def counted(self, path: Path) -> Tallies:
        """Return the rows of a table in a file, counted by year."""
        if path not in self._counted:
            self._counted[path] = count(path)
        return self._counted[path]

    def write(self, draft: Draft) -> None:
        """Write the tables into a version; what models read, the newest accepted table, under its own name too."""
        for (release, dataset), path in self.accepted.items():
            draft.take(path, f"{dataset}/{release}.parquet")
        for (release, dataset), path in self.aside.items():
            draft.take(path, f"{HELD}/{release}.{dataset}.parquet")
        for dataset in {dataset for _, dataset in self.accepted if dataset in READ_BY_MODELS}:
            newest = max(release for release, each in self.accepted if each == dataset)
            draft.take(draft.path(f"{dataset}/{newest}.parquet"), f"{dataset}.parquet")


def subject_of(dataset: str) -> Subject:
    """Return a dataset without indicators as the gate judges it."""
    return Subject(dataset, dataset, dataset.replace("_", " ").capitalize(), is_table=True)


def read_tables(directory: Path, indicators: Mapping[str, object]) -> Tables:
    """Return the tables of a version of the ledger.

    Args:
        directory: the version.
        indicators: what is held back beside tables.
    """
    accepted = {
        (date.fromisoformat(path.stem), path.parent.name): path
        for path in directory.glob("*/*.parquet")
        if path.parent.name not in (HELD, "unknown")
    }
    aside = {(release, code): path for release, code, path in held_files(directory) if code not in indicators}
    return Tables(accepted, aside)


def shipped_tables(data: Path) -> Tables:
    """Return the tables that came with the program."""
    records = read_provenance(data).values()
    return Tables(
        {(date.fromisoformat(one.release), Path(one.name).stem): data / one.name for one in records if one.release}, {}
    )


def held_files(directory: Path) -> Iterator[tuple[date, str, Path]]:
    """Yield release, code and file of what is kept aside in a version: indicators and tables."""
    for path in sorted((directory / HELD).glob("*.parquet")):
        release, _, code = path.stem.partition(".")
        yield date.fromisoformat(release), code, path


def count(path: Path) -> Tallies:
    """Count the rows of a table by year, where it goes by years; the checksum is that of all its columns.

    Raises:
        DisplacementError: it cannot be read.
    """
    import duckdb

    source = f"read_parquet('{sql_text(path)}')"
    try:
        with duckdb.connect() as connection:
            columns = {row[0]: row[1] for row in connection.execute(f"describe from {source}").fetchall()}
            goes_by_years = "INT" in columns.get("year", "")
            names = sorted(columns)
            kinds = {name: "bigint" if "INT" in columns[name] else "varchar" for name in names}
            values = ", ".join([f"'{sql_text(names)}'", *(f'"{name}"::{kinds[name]}' for name in names)])
            year = "year" if goes_by_years else "null"
            found = connection.execute(
                f"select {year}, count(*), sum(hash({values})) from {source} group by all"
            ).fetchall()
    except duckdb.Error as error:
        raise DisplacementError(f"The table {path} cannot be read ({str(error).splitlines()[0]}).") from error
    return {
        date(year, 12, 31) if year is not None else None: Tally(int(rows), 0, int(checksum))
        for year, rows, checksum in found
    }
