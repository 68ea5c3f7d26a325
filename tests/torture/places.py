"""Places with a real build in them, copied from the one of the session, and builds that can be told apart."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from displacement.build import builds as publication
from displacement.build.manifest import Build
from displacement.settings import Settings
from displacement.storage.files import PARTIAL_SUFFIX
from tests.torture.processes import Place

STAMPED = {
    "meta.build": "build_id",
    "claims": "claim",
    "claim_checks": "claim",
    "headlines": "title",
    "countries": "note",
}
"""Tables that name the build they belong to, in a copy made by `another`, and the column in which they do."""

STAMPED_FILES = ("index.html", "data/build.csv", "quality/index.html")


def copied(source: Place, root: Path) -> Place:
    """Return a copy of a place: builds and link."""
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", f"{source.home}", f"{source.public}", f"{root}/"], check=True)
    return Place(root)


def settings_of(place: Place) -> Settings:
    """Return the settings of a place."""
    return Settings.from_environment(place.environment)


def another(settings: Settings, build: Build, number: int) -> Build:
    """Return a whole build, not published, that differs from another in its identity and in what names it."""
    made = datetime.fromisoformat(build.identity.built_at) + timedelta(minutes=number)
    identity = replace(
        build.identity, build_id=f"{made:%Y%m%dT%H%M%SZ}-{number:08d}", built_at=made.strftime("%Y-%m-%d %H:%M:%S.%f")
    )
    directory = settings.builds / f"{identity.build_id}{PARTIAL_SUFFIX}"
    for name in ("displacement.duckdb", *STAMPED_FILES):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build.directory / name, directory / name)
    with duckdb.connect(str(directory / "displacement.duckdb")) as connection:
        for table, column in STAMPED.items():
            connection.execute(f"update {table} set {column} = '{identity.build_id}'")
    for name in STAMPED_FILES:
        (directory / name).write_text(identity.build_id, encoding="utf-8")
    return publication.finish(settings, Build(directory, identity, {}, build.number + number))


def ids_in(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the builds that the tables of a file made by `another` name: exactly one where nothing is mixed."""
    named = (f"select distinct {column}::varchar from {table}" for table, column in STAMPED.items())
    return {row[0] for select in named for row in connection.execute(select).fetchall()}


def manifest_of(directory: Path) -> dict[str, object]:
    """Return the manifest of a build as it stands on the disk."""
    found: dict[str, object] = json.loads((directory / "build.json").read_text(encoding="utf-8"))
    return found
