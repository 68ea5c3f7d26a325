"""What the tests of sources share: limits without long waits, a place to capture into, and what stands there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from displacement.settings import Addresses, Settings
from displacement.sources.fetch import capture
from displacement.sources.http import Limits, read_limits
from displacement.sources.probe import Probed, probe
from displacement.sources.release import Capture, CapturedTable
from tests.emulator import Emulator

QUICK = replace(
    read_limits(),
    requests_per_second=10_000.0,
    backoff_seconds=0.01,
    backoff_cap_seconds=0.05,
    read_seconds=5.0,
    answer_seconds=20.0,
    total_seconds=120.0,
)


@dataclass(frozen=True)
class Place:
    """A home of its own, into which an emulator is captured."""

    home: Path
    emulator: Emulator
    day: date = date(2024, 6, 14)
    limits: Limits = QUICK

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, public=self.home / "public")

    @property
    def addresses(self) -> Addresses:
        return Addresses.from_environment(self.emulator.environment)

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def directory(self) -> Path:
        return self.landing / self.day.isoformat()

    def capture(self, *datasets: str, limits: Limits | None = None, **more: Any) -> Capture:
        return capture(
            self.settings,
            addresses=self.addresses,
            release=self.day,
            datasets=datasets or None,
            limits=limits or self.limits,
            **more,
        )

    def table(self, dataset: str, **more: Any) -> CapturedTable:
        table = self.capture(dataset, **more).table(dataset)
        assert table is not None
        return table

    def probe(self, datasets: Collection[str] | None = None) -> dict[str, Probed]:
        found = probe(
            self.settings,
            addresses=self.addresses,
            last_year=self.day.year,
            datasets=datasets,
            limits=self.limits,
        )
        return {each.dataset: each for each in found}

    @property
    def captured_bytes(self) -> int:
        """Bytes of all raw pages that were captured, compressed."""
        return sum(path.stat().st_size for path in self.landing.glob("pages/*/*.json.gz"))

    def unfinished(self) -> list[Path]:
        """Return whatever a fetch was still writing."""
        return [path for path in self.landing.rglob("*") if ".partial" in path.name]


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows of a table in their order, the columns in the order of their names."""
    with duckdb.connect() as connection:
        names = sorted(str(row[0]) for row in connection.execute(f"describe from read_parquet('{path}')").fetchall())
        return connection.execute(f"select {', '.join(map(repr_name, names))} from read_parquet('{path}')").fetchall()


def repr_name(name: str) -> str:
    """Return a name as SQL quotes it."""
    return f'"{name}"'
