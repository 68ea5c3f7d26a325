"""Builds: made in a directory of their own, and shown by one atomic switch of the link `public`.

A build is `home/builds/<id>.partial` while it is made and `home/builds/<id>` once it is whole; `public` links to the
one on show. Readers follow the link, so they see one whole build or another, never a part. What is in a build is
made by `warehouse`, `charts`, `site` and `quality`. Where machines share a store, `public` shows what it says.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from displacement import SCHEMA_VERSION, __version__
from displacement.build import shared
from displacement.build.manifest import (
    FILE_NAME,
    KEPT_BUILDS,
    MANIFEST,
    ROLLED_BACK,
    Build,
    Identity,
    read_build,
    rolled_back,
    write_manifest,
)
from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import PACKAGE, Settings
from displacement.storage import mirror
from displacement.storage.files import (
    PARTIAL_SUFFIX,
    checksums,
    is_being_written,
    partial_name,
    unwritable,
    write_text,
    written_whole,
)

PULLED = "pulled_for"
"""The file of a home that names the run for which things were copied from the store last."""

LOCK = "build.lock"


# --- one build at a time ---------------------------------------------------------------------------------------------


@contextmanager
def only_build(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the right to build in `home` while the block runs; the system gives it back however the process ends.

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
                    f"Another build is at work in {settings.home} (run {holder[:8]}). Wait until it is done, or set "
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
    build = Build(settings.builds / f"{identity.build_id}{PARTIAL_SUFFIX}", identity, {})
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
    """Return the directory of a trial: the published file, copied, for a run that makes only some tables anew.

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
    paths = (path for path in sorted(build.directory.rglob("*")) if path.is_file() and path.name != MANIFEST)
    files = {
        str(path.relative_to(build.directory)): {"bytes": path.stat().st_size, "sha256": sha256}
        for path, sha256 in checksums(paths).items()
    }
    write_manifest(replace(build, files=files))
    final = settings.builds / build.build_id
    os.replace(build.directory, final)
    return Build(final, build.identity, files)


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


# --- showing a build --------------------------------------------------------------------------------------------------


def require_place(settings: Settings) -> None:
    """See to it, before anything is made, that `public` could be switched to it.

    Raises:
        DisplacementError: `public` is a directory of somebody else's, or cannot be written.
    """
    link = settings.public
    if _is_foreign(link):
        raise DisplacementError(
            f"{link} is a directory or file that displacement did not make and will not replace, so nothing was built. "
            "Move it away, or choose another place with DISPLACEMENT_PUBLIC."
        )
    trial = partial_name(link)
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        trial.symlink_to(link.name)
        trial.unlink()
    except OSError as error:
        raise unwritable(link, error) from error


def _is_foreign(link: Path) -> bool:
    return link.exists() and not link.is_symlink()


def show(settings: Settings, build: Build, *, undoes_rollback: bool = False) -> None:
    """Switch `public` to a whole build, in one atomic step, and remove builds that are too old to return to.

    Raises:
        DisplacementError: `public` is a directory of somebody else's, or cannot be written.
    """
    link = settings.public
    if _is_foreign(link):
        raise DisplacementError(
            f"{link} is a directory or file that displacement did not make, so it was not replaced; the new build is "
            f"in {build.directory}. Move it away, or choose another place with DISPLACEMENT_PUBLIC."
        )
    shared.publish(settings, build, shown(settings), undoes_rollback=undoes_rollback)
    switch(settings, build)
    if undoes_rollback:
        (settings.records / ROLLED_BACK).unlink(missing_ok=True)
    _prune(settings, build)


def follow(settings: Settings, *, all_kept: bool = False) -> None:
    """Publish here the build that is published for all machines, if they share a store.

    Args:
        settings: where things are.
        all_kept: copy the builds one can return to as well.

    Raises:
        DisplacementError: the store cannot be used, or a build there is damaged.
    """
    build, here = shared.pull(settings, all_kept=all_kept), shown(settings)
    if build and (here is None or here.build_id != build.build_id):
        switch(settings, build)


def pull_inputs(settings: Settings, run_id: str) -> None:
    """Copy what a build starts from out of the store, once a run: added claims and the published build.

    Later processes of the run start from the same, so a build that another machine publishes meanwhile is noticed.
    Call it while holding `only_build`.
    """
    note = settings.records / PULLED
    if settings.store is None or (note.is_file() and note.read_text(encoding="utf-8") == run_id):
        return
    mirror.pull_claims(settings)
    follow(settings)
    write_text(note, run_id)


def switch(settings: Settings, build: Build) -> None:
    """Let the link `public` lead to a build that is here."""
    link = settings.public
    temporary = partial_name(link)
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(os.path.relpath(build.directory.resolve(), link.parent.resolve()))
        os.replace(temporary, link)
    except OSError as error:
        raise unwritable(link, error) from error


def _prune(settings: Settings, shown: Build) -> None:
    there = builds(settings)
    turned_down = rolled_back(settings)
    upheld = [build for build in there if build.build_id not in turned_down]
    kept = {build.build_id for build in (shown, *there[-KEPT_BUILDS:], *upheld[-KEPT_BUILDS:])}
    for build in there:
        if build.build_id not in kept:
            _remove(build.directory)


def _remove(directory: Path) -> None:
    """Remove an old build as far as it can be; what stays has the name of something unfinished, for `tidy` to find."""
    doomed = directory.with_name(f"{directory.name}{PARTIAL_SUFFIX}")
    try:
        os.replace(directory, doomed)
    except OSError:
        return  # removed by another process already, or not ours to remove: the new build is on show all the same
    shutil.rmtree(doomed, ignore_errors=True)


def builds(settings: Settings) -> list[Build]:
    """Return the whole builds, oldest first."""
    found = (read_build(path.parent) for path in settings.builds.glob(f"*/{MANIFEST}"))
    whole = [build for build in found if build and not build.directory.name.endswith(PARTIAL_SUFFIX)]
    return sorted(whole, key=lambda build: build.identity.built_at)


def shown(settings: Settings) -> Build | None:
    """Return the build that `public` shows, or None."""
    return read_build(settings.public)


def publish(settings: Settings, build_id: str | None = None) -> Build:
    """Show a whole build again: the one named, or the newest. Forgets a rollback.

    Raises:
        WrongUseError: there is no such build, or it has lost files; the message lists those there are.
    """
    follow(settings, all_kept=True)
    there = [build for build in builds(settings) if build.is_intact()]
    wanted = [build for build in there if build_id in (None, build.build_id)]
    if not wanted:
        listed = ", ".join(build.build_id for build in there) or "none; run `displacement build`"
        raise WrongUseError(f"There is no build {build_id or 'yet'}. Builds: {listed}.")
    show(settings, wanted[-1], undoes_rollback=True)
    return wanted[-1]


def rollback(settings: Settings) -> Build:
    """Show the build before the one on show that was not turned down itself, and remember which inputs now are.

    Until the inputs change, `build` does not publish the turned-down ones again by itself.

    Raises:
        WrongUseError: nothing is on show, or no build before it is kept.
    """
    follow(settings, all_kept=True)
    if (current := shown(settings)) is None:
        raise WrongUseError(f"{settings.public} shows no build. Run `displacement build` first.")
    turned_down = rolled_back(settings)
    before = [
        build
        for build in builds(settings)
        if build.identity.built_at < current.identity.built_at
        and build.build_id not in turned_down
        and build.is_intact()
    ]
    if not before:
        raise WrongUseError(f"There is no build before {current.build_id} to return to.")
    turned_down[current.build_id] = current.identity.inputs_sha256
    write_text(settings.records / ROLLED_BACK, json.dumps(turned_down, indent=1) + "\n")
    show(settings, before[-1])
    return before[-1]


def reason_not_to_build(settings: Settings, inputs: str) -> str | None:
    """Return why a build of these inputs would change nothing, as a sentence, or None where one is due."""
    follow(settings)
    current = shown(settings)
    if current is None or not current.is_intact():
        return None
    if current.identity.inputs_sha256 == inputs:
        return f"Nothing has changed since build {current.build_id}, which {settings.public} shows."
    for build_id, turned_down in rolled_back(settings).items():
        if turned_down == inputs:
            return (
                f"Build {build_id} of these inputs was rolled back, and nothing has changed since; "
                f"{settings.public} shows {current.build_id}."
            )
    return None
