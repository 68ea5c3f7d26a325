"""The manifest of a build: which build it is, what it was made from, and its files with their checksums."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.errors import DisplacementError
from displacement.storage.files import sha256_of, write_text

if TYPE_CHECKING:
    from displacement.settings import Settings

FILE_NAME = "displacement.duckdb"
MANIFEST = "build.json"
ROLLED_BACK = "rolled_back.json"
VERIFIED = "verified.json"
"""The file of a home that names the files of builds whose checksums were right, with size, time and inode of each."""

KEPT_BUILDS = 3
"""Whole builds that stay: the published one and those `rollback` can return to."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which build this is and what it was made from: the row of the table `meta.build`."""

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
    """A whole build in its directory.

    Attributes:
        number: how many builds there were before it, and one: builds are ordered by it, whatever the clock shows.
    """

    directory: Path
    identity: Identity
    files: dict[str, dict[str, Any]]
    number: int = 0

    @property
    def build_id(self) -> str:
        """Name of the build."""
        return self.identity.build_id

    @property
    def order(self) -> tuple[int, str]:
        """What builds are sorted by; those of earlier versions have no number, and come first."""
        return self.number, self.identity.built_at


def read_build(directory: Path) -> Build | None:
    """Return the build in a directory, or None where there is no readable manifest."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        identity, files = Identity(**manifest["identity"]), manifest["files"]
        return Build(directory.resolve(), identity, files, int(manifest.get("number", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(build: Build) -> None:
    """Write the manifest of a build into its directory, whole."""
    manifest = {"number": build.number, "identity": asdict(build.identity), "files": build.files}
    write_text(build.directory / MANIFEST, json.dumps(manifest, indent=1) + "\n")


def rolled_back(settings: Settings) -> dict[str, str]:
    """Return the builds that were rolled back, each with the fingerprint of its inputs."""
    try:
        found = json.loads((settings.records / ROLLED_BACK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(build_id): str(inputs) for build_id, inputs in found.items()} if isinstance(found, dict) else {}


# --- is it as it was made? --------------------------------------------------------------------------------------------


def damaged(settings: Settings, build: Build, *, deep: bool = False) -> list[str]:
    """Return the files of a build that are missing, or whose checksum is not that of its manifest.

    Args:
        settings: where it is remembered which files were right.
        build: the build.
        deep: whether files are read that have the size, time and inode they had when they were right.
    """
    known = {} if deep else _verified(settings).get(str(build.directory), {})
    stamps = {name: stamp for name in build.files if (stamp := _stamp(build.directory / name))}
    unsure = [name for name, stamp in stamps.items() if stamp != known.get(name)]
    wrong = {name for name in unsure if not _is_as_listed(build, name)}
    right = {name: stamp for name, stamp in stamps.items() if name not in wrong}
    if right != known:
        _remember(settings, build, right)
    return [name for name in build.files if name not in right]


def remember_made(settings: Settings, build: Build) -> None:
    """Remember the files of a build that was just made, so that the next look need not read them."""
    _remember(settings, build, {name: _stamp(build.directory / name) for name in build.files})


def _stamp(path: Path) -> list[int]:
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def _is_as_listed(build: Build, name: str) -> bool:
    try:
        return sha256_of(build.directory / name) == str(build.files[name]["sha256"])
    except OSError:
        return False


def _verified(settings: Settings) -> dict[str, dict[str, list[int]]]:
    try:
        found = json.loads((settings.records / VERIFIED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(settings: Settings, build: Build, stamps: dict[str, list[int]]) -> None:
    others = {place: known for place, known in _verified(settings).items() if Path(place).is_dir()}
    with suppress(DisplacementError):  # somebody else's home: every look reads the files
        write_text(settings.records / VERIFIED, json.dumps(others | {str(build.directory): stamps}) + "\n")
