"""The six real releases of `../shared`, each read once for all tests: reading one takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from displacement.intake.model import Reading
from displacement.intake.reading import read_release
from displacement.releases import context_of
from displacement.settings import Settings
from displacement.sources.release import capture_of_directory

NAMES = ("2023-06-14", "2023-10-25", "2024-06-17", "2025-06-12", "2025-11-10", "2026-06-12")

_read: dict[str, Reading] = {}


def read_real(shared: Path, name: str, factory: pytest.TempPathFactory) -> Reading:
    """Return what reading a real release came to, with the shipped figures as what was known before."""
    if name not in _read:
        directory = factory.mktemp(name)
        settings = Settings(home=directory / "var", public=directory / "public")
        _read[name] = read_release(capture_of_directory(shared / "releases" / name), context_of(settings))
    return _read[name]
