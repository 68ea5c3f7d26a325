"""The manifest of a build: which build it is, what it was made from, and its files with their checksums."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.storage.files import write_text

if TYPE_CHECKING:
    from displacement.settings import Settings

FILE_NAME = "displacement.duckdb"
MANIFEST = "build.json"
ROLLED_BACK = "rolled_back.json"
KEPT_BUILDS = 3
"""Whole builds that stay: the published one and those `rollback` can return to."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which build this is and what it was made from: the row of the table `build`."""

    build_id: str
    schema_version: int
    displacement_version: str
    commit: str | None
    newest_release: str
    releases: str
    built_at: str
    inputs_sha256: str
    figures_sha256: str
    held_back: str | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A whole build in its directory."""

    directory: Path
    identity: Identity
    files: dict[str, dict[str, Any]]

    @property
    def build_id(self) -> str:
        """Name of the build."""
        return self.identity.build_id

    def is_intact(self) -> bool:
        """Say whether every file of the manifest is there in its size."""
        return all(_has_size(self.directory / name, record["bytes"]) for name, record in self.files.items())


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def read_build(directory: Path) -> Build | None:
    """Return the build in a directory, or None where there is no readable manifest."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        return Build(directory.resolve(), Identity(**manifest["identity"]), manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(build: Build) -> None:
    """Write the manifest of a build into its directory, whole."""
    manifest = {"identity": asdict(build.identity), "files": build.files}
    write_text(build.directory / MANIFEST, json.dumps(manifest, indent=1) + "\n")


def rolled_back(settings: Settings) -> dict[str, str]:
    """Return the builds that were rolled back, each with the fingerprint of its inputs."""
    try:
        found = json.loads((settings.records / ROLLED_BACK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(build_id): str(inputs) for build_id, inputs in found.items()} if isinstance(found, dict) else {}
