"""What tests over a real build share: the command line, and the tables of a release as pandas reads them.

The latter are for tests that compute a figure again without our code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.settings import PACKAGE
from tests.conftest import Built, Run
from tests.torture.processes import Place

RELEASE = "2026-06-12"
"""The release that is read: the newest of those beside the checkout."""

PEOPLE = ("refugees", "asylum_seekers", "oip", "idps", "stateless", "ooc", "hst", "returned_idps")


Connection = duckdb.DuckDBPyConnection


def rows(published: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    return published.execute(sql).fetchall()


def one(published: Connection, sql: str) -> Any:
    """Return the one row of a query, or its one value."""
    (found,) = rows(published, sql)
    return found if len(found) > 1 else found[0]


@pytest.fixture
def run(built: Built, cli: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command against the build: exit code, output, errors."""
    monkeypatch.setenv("DISPLACEMENT_HOME", str(built.settings.home))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))
    return cli


@pytest.fixture(scope="session")
def original(built: Built) -> Place:
    """Return the place of the session's build. Copy it before changing it."""
    return Place(built.settings.home.parent)


# --- a release, read with pandas --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def iso() -> dict[str, str]:
    """Return the ISO code of each of the publisher's own codes: its AUS is Austria."""
    pd: Any = pytest.importorskip("pandas")
    countries = pd.read_csv(PACKAGE / "data/countries.csv", dtype=str, keep_default_na=False)
    return dict(zip(countries["unhcr_code"], countries["iso3"], strict=True))


@pytest.fixture(scope="session")
def released(shared: Path, iso: dict[str, str]) -> Any:
    """Return a function that reads a table of the release, its codes translated."""
    pd: Any = pytest.importorskip("pandas")

    def read(name: str) -> Any:
        table = pd.read_parquet(shared / "releases" / RELEASE / f"{name}.parquet")
        for side in ("coo", "coa"):
            if side in table:
                table[side] = table[side].map(iso)
        return table

    return read


@pytest.fixture(scope="session")
def population(released: Any) -> Any:
    """Return the population table of the release, its absent values as 0."""
    return released("population").fillna(dict.fromkeys(PEOPLE, 0))
