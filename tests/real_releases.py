"""The six real releases of `../shared`, each read once for all tests of all workers: reading one takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from displacement.intake.model import Reading
from displacement.intake.reading import read_release
from displacement.ledger.ingest import context_of
from displacement.settings import Settings
from displacement.sources.release import capture_of_directory

NAMES = ("2023-06-14", "2023-10-25", "2024-06-17", "2025-06-12", "2025-11-10", "2026-06-12")

Once = Callable[[str, Callable[[Path], Any]], Any]


def read_real(shared: Path, name: str, once: Once) -> Reading:
    """Return the reading of a real release, with the shipped figures as what was known before."""
    reading: Reading = once(name, partial(_read, shared / "releases" / name))
    return reading


def _read(release: Path, directory: Path) -> Reading:
    settings = Settings(home=directory / "var", public=directory / "public")
    return read_release(capture_of_directory(release), context_of(settings))
