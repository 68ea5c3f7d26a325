"""Every chart as `declarations.toml` declares it: what it reads, how it is drawn, which controls its page has."""

from __future__ import annotations

import tomllib
from pathlib import Path

from displacement.charts.chart import Declaration

FILE = Path(__file__).with_suffix(".toml")

DECLARATIONS = tuple(Declaration.of(entry) for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["chart"])
"""Every chart, in the order in which pages list them."""

WORLD = tuple(entry for entry in DECLARATIONS if entry.country != "must be")
"""The charts that can be drawn of the world."""
