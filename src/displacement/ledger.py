"""The figures through time: which value of a fact stood in which release.

The ledger is one Parquet file of facts with the span of releases in which each value stood (`published_in`,
`superseded_in`), beside the list of releases. Reading it belongs here; judging a release and modelling do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.embedded import verify
from displacement.errors import WrongUseError

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

FIGURES = "figures.parquet"
RELEASES = "releases.csv"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger in a directory, its files already compared with their checksums."""

    directory: Path
    sha256: str

    @classmethod
    def open(cls, settings: Settings) -> Ledger:
        """Return the ledger the package ships, verified byte for byte.

        Raises:
            DisplacementError: a shipped file is missing or damaged.
        """
        records = verify(settings.data)
        return cls(directory=settings.data, sha256=records[FIGURES].sha256)

    @property
    def figures_path(self) -> Path:
        """The Parquet file of facts and their spans."""
        return self.directory / FIGURES

    def releases(self) -> tuple[date, ...]:
        """Return the days of all releases the ledger holds, oldest first."""
        lines = (self.directory / RELEASES).read_text(encoding="utf-8").splitlines()[1:]
        return tuple(sorted(date.fromisoformat(line.split(",", 1)[0]) for line in lines if line))

    def as_of(self, release: str | date) -> duckdb.DuckDBPyRelation:
        """Return the figures as they stood in a release.

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


def sql_text(value: object) -> str:
    """Return `value` as text for use between single quotes in SQL."""
    return str(value).replace("'", "''")
