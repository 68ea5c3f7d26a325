"""Reading the ledger: which value of a fact was current in which release.

A ledger is one Parquet file of facts with the span of releases in which each value was current (`published_in`,
`superseded_in`), beside the lists of releases and their datasets. Judging a release and modelling do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.ledger import derive
from displacement.ledger.shipped import FIGURES, RELEASE_DATASETS, RELEASES, read_rows, verify
from displacement.storage.duck import sql_text
from displacement.storage.files import sha256_of

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger in a directory, its files already compared with their checksums."""

    directory: Path
    sha256: str

    @classmethod
    def open(cls, settings: Settings) -> Ledger:
        """Return the current ledger, or the one the settings are bound to, verified byte for byte.

        Raises:
            DisplacementError: a file is missing, damaged, or of a newer format.
        """
        shipped = verify(settings.data)
        directory = settings.ledger or derive.current(settings)
        if directory == settings.data:
            return cls(directory, shipped[FIGURES].sha256)
        if settings.ledger:
            derive.require_whole(settings.ledger)
        return cls(directory, sha256_of(directory / FIGURES))

    @property
    def figures_path(self) -> Path:
        """The Parquet file of facts and their spans."""
        return self.directory / FIGURES

    def releases(self) -> tuple[date, ...]:
        """Return the days of all releases the ledger holds, oldest first."""
        return tuple(sorted(date.fromisoformat(row["release"]) for row in read_rows(self.directory / RELEASES)))

    def newest_reference_dates(self, release: date) -> dict[str, date]:
        """Return the newest reference date of each dataset that a release held; a dataset it lacked is not there."""
        return {
            row["dataset"]: date.fromisoformat(row["newest_reference_date"])
            for row in read_rows(self.directory / RELEASE_DATASETS)
            if row["release"] == release.isoformat()
        }

    def as_of(self, release: str | date) -> duckdb.DuckDBPyRelation:
        """Return the figures as they were in a release.

        Args:
            release: the day of the release, such as `2023-06-14`.

        Returns:
            A relation with `indicator, reference_date, origin, asylum, value, published_in`; one row a fact, sorted.
            Mid-year facts are those last published by then: later releases no longer carry them.

        Raises:
            WrongUseError: the ledger holds no such release; the message lists those it holds.
        """
        import duckdb

        day = self.known_release(release)
        return duckdb.connect().sql(
            f"""
            select indicator, reference_date, origin, asylum, value, published_in
            from read_parquet('{sql_text(self.figures_path)}')
            where published_in <= date '{day}' and (superseded_in is null or superseded_in > date '{day}')
            order by indicator, reference_date, origin, asylum
            """
        )

    def known_release(self, release: str | date) -> date:
        """Return the release as a date.

        Raises:
            WrongUseError: it is not a date, or no release of the ledger.
        """
        known = self.releases()
        for day in known:
            if str(day) == str(release):
                return day
        listed = ", ".join(str(day) for day in known)
        raise WrongUseError(f"There is no release {release}. Known releases: {listed}.")
