"""What a build depends on, as one checksum: equal fingerprints make equal tables, so nothing need be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.ledger import holds, pinned, sources
from displacement.settings import REGISTERS
from displacement.sources import nowcasts

if TYPE_CHECKING:
    from displacement.settings import Settings

LIBRARIES = ("babel", "duckdb", "great-expectations", "jinja2", "plotly", "pandas", "sqlglot")
"""Libraries whose version can change what a build holds."""

LEFT_OUT = ("__pycache__", ".pyc", ".pyo")


def fingerprint(settings: Settings, *, pictures: bool, site: bool = True) -> str:
    """Return the SHA-256 of everything a build is made from.

    Args:
        settings: where the data, the SQL and the program are.
        pictures: whether the build holds PNG and SVG files.
        site: whether it holds the pages of the site.

    Returns:
        A hexadecimal digest over figures, reference tables, SQL, program, library versions and options.
    """
    inputs = _inputs(pinned(settings))
    expected = [made for made in holds.decisions(settings) if made.subject == holds.ANOMALIES]
    options = f"pictures={pictures} site={site} sql={settings.site_sql} expected={expected or ''}"
    digest = hashlib.sha256(options.encode())
    for library in LIBRARIES:
        digest.update(f"{library}={_version(library)}".encode())
    for place in sorted(inputs):
        content = inputs[place].read_bytes()
        digest.update(f"\n{place.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _inputs(settings: Settings) -> dict[Path, Path]:
    """Return the files a build is made from, each by its place: what the ledger holds takes that of shipped data."""
    inputs = {path: path for path in _shipped(settings)}
    if settings.ledger and settings.ledger != settings.data:
        inputs |= {settings.data / path.name: path for path in sources(settings.ledger)}
    return inputs


def _shipped(settings: Settings) -> Iterator[Path]:
    package = Path(__file__).resolve().parents[1]
    pipelines = (
        parent / "pipelines" for parent in package.parents[:2]
    )  # beside the package in a wheel, else beside src
    for directory in (settings.data, settings.sql, package, *pipelines):
        for path in directory.rglob("*"):
            if path.is_file() and not any(part.endswith(LEFT_OUT) for part in path.parts):
                yield path
    yield from (path for register in REGISTERS if (path := settings.added(register)).exists())
    yield from nowcasts.kept(settings)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "missing"
