"""Adds small releases to the ledger of a machine, one after the other, as a process of its own.

Usage: python -m tests.cluster.racing HOME STORE NUMBER…
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from displacement.ledger import derive
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from tests.small_releases import Small, reading_of

END_2022 = date(2022, 12, 31)


def release_of(number: int) -> Small:
    """Return a release that differs from every other."""
    facts = {
        ("refugees", END_2022, "SYR", "TUR"): 1000 + number,
        ("refugees", END_2022, "AFG", "IRN"): 500 + number % 3,
    }
    return Small(date(2023, 1, number), {"population": END_2022}, facts)


def add_releases(settings: Settings, *numbers: int) -> None:
    """Add releases, in the order given."""
    for number in numbers:
        add(settings, reading_of(release_of(number), settings.home / "intake"))


def content(settings: Settings) -> dict[str, bytes]:
    """Return the readings of a machine and the ledger derived from them, each file with its bytes."""
    files = derive.sources(derive.current(settings))
    readings = (settings.ledger_home / "readings").rglob("*.parquet")
    return {path.name: path.read_bytes() for path in (*files, *readings)}


def alone(directory: Path, numbers: list[int]) -> dict[str, bytes]:
    """Return the content of the ledger of one machine that added releases in their order."""
    settings = Settings(home=directory / "var", public=directory / "public")
    start_empty(settings)
    add_releases(settings, *numbers)
    return content(settings)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    own = Settings(home=home, public=home.parent / "public", store=sys.argv[2])
    print("begins", flush=True)
    add_releases(own, *(int(each) for each in sys.argv[3:]))
