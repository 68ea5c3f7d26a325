"""Builds: each made in a directory of its own, `home/builds/<id>.partial`, and `home/builds/<id>` once it is whole.

What is in a build is made by `warehouse`, `downloads`, `charts`, `site` and `quality`; `publish` switches to it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from displacement.build.manifest import (
    FILE_NAME,
    MANIFEST,
    Build,
    Identity,
    read_build,
    remember_made,
    write_manifest,
)
from displacement.errors import DisplacementError
from displacement.settings import PACKAGE, SCHEMA_VERSION, Settings, __version__
from displacement.storage.files import (
    PARTIAL_SUFFIX,
    checksums,
    is_being_written,
    unwritable,
    written_whole,
)

LOCK = "build.lock"


# --- one build at a time ---------------------------------------------------------------------------------------------


@contextmanager
def only_build(settings: Settings, run_id: str) -> Iterator[None]:
    """Keep the right to build in `home` while the block runs; the system gives it back however the process ends.

    Processes of the same run share it.

    Raises:
        DisplacementError: another run is building there, or the directory cannot be written.
    """
    path = settings.home / LOCK
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip()
            if holder != run_id:
                raise DisplacementError(
                    f"Another build is running in {settings.home} (run {holder[:8]}). Wait until it is done, or set "
                    "DISPLACEMENT_HOME to a directory of its own."
                ) from None
            yield
            return
        stream.truncate(0)
        stream.write(run_id)
        stream.flush()
        yield


# --- making a build ---------------------------------------------------------------------------------------------------


def begin(
    settings: Settings,
    run_id: str,
    *,
    releases: tuple[str, ...],
    inputs: str,
    figures: str,
    held_back: str | None = None,
) -> Build:
    """Remove what killed builds left half-made, make the directory of a new build, and return that build.

    Args:
        settings: where builds are kept.
        run_id: the run that makes it; later steps of the run find the directory by it.
        releases: the releases in the figures, oldest first.
        inputs: fingerprint of the inputs.
        figures: SHA-256 of the ledger file.
        held_back: what is held back of the figures, if anything is.
    """
    tidy(settings)
    now = datetime.now(UTC)
    identity = Identity(
        build_id=f"{now:%Y%m%dT%H%M%SZ}-{run_id[:8]}",
        schema_version=SCHEMA_VERSION,
        displacement_version=__version__,
        commit=commit(),
        newest_release=releases[-1],
        releases=", ".join(releases),
        built_at=now.strftime("%Y-%m-%d %H:%M:%S.%f"),
        inputs_sha256=inputs,
        figures_sha256=figures,
        held_back=held_back,
    )
    before = [*builds(settings), *filter(None, [published(settings)])]
    number = max((each.number for each in before), default=0) + 1
    build = Build(settings.builds / f"{identity.build_id}{PARTIAL_SUFFIX}", identity, {}, number)
    write_manifest(build)
    return build


def tidy(settings: Settings) -> list[Path]:
    """Remove what a killed or failed build left half-made, and return it. Call it only while holding `only_build`.

    Raises:
        DisplacementError: something cannot be removed.
    """
    left = [
        *settings.builds.glob(f"*{PARTIAL_SUFFIX}"),
        *(path for path in settings.home.glob(f"*/.*{PARTIAL_SUFFIX}*") if not is_being_written(path)),
        *settings.public.parent.glob(f".{settings.public.name}.*{PARTIAL_SUFFIX}"),
    ]
    for path in left:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
    return left


def in_the_making(settings: Settings, run_id: str) -> Build | None:
    """Return the build that a run is making, or None where it has begun none."""
    found = [read_build(path) for path in sorted(settings.builds.glob(f"*-{run_id[:8]}{PARTIAL_SUFFIX}"))]
    return next((build for build in reversed(found) if build), None)


def trial(settings: Settings, run_id: str) -> Path:
    """Return the directory of a trial: the published file, copied, for a run that makes only some tables again.

    Nothing of it is ever published, and the next build removes it.

    Raises:
        DisplacementError: no build is published.
    """
    directory = trial_place(settings, run_id)
    if (directory / FILE_NAME).exists():
        return directory
    published = settings.public / FILE_NAME
    if not published.exists():
        raise DisplacementError(
            "This run has begun no build, and no build is published whose tables it could go on from. Run the job "
            "`build`, which makes everything."
        )
    with written_whole(directory / FILE_NAME) as temporary:
        shutil.copyfile(published, temporary)
    return directory


def trial_place(settings: Settings, run_id: str) -> Path:
    """Return where the trial of a run is, if it has one."""
    return settings.builds / f"trial-{run_id[:8]}{PARTIAL_SUFFIX}"


def finish(settings: Settings, build: Build) -> Build:
    """Write the manifest of a build and give its directory the final name; return the build, not yet published."""
    own = build.directory / MANIFEST  # a table called build has a file of the same name, elsewhere
    paths = (path for path in sorted(build.directory.rglob("*")) if path.is_file() and path != own)
    files = {
        str(path.relative_to(build.directory)): {"bytes": path.stat().st_size, "sha256": sha256}
        for path, sha256 in checksums(paths).items()
    }
    write_manifest(replace(build, files=files))
    made = replace(build, directory=settings.builds / build.build_id, files=files)
    os.replace(build.directory, made.directory)
    remember_made(settings, made)
    return made


def commit() -> str | None:
    """Return the commit of the checkout the program runs from, with a + where it has uncommitted changes."""
    if not (PACKAGE.parents[1] / ".git").exists():
        return None
    try:
        revision = _git("rev-parse", "HEAD")
        return revision + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(PACKAGE), *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def builds(settings: Settings) -> list[Build]:
    """Return the whole builds, oldest first."""
    found = (read_build(path.parent) for path in settings.builds.glob(f"*/{MANIFEST}"))
    whole = [build for build in found if build and not build.directory.name.endswith(PARTIAL_SUFFIX)]
    return sorted(whole, key=lambda build: build.order)


def published(settings: Settings) -> Build | None:
    """Return the published build, which `public` leads to, or None."""
    return read_build(settings.public)
