"""Publishing: the link `public` is switched to a whole build in one atomic step, and back to the one before.

Readers follow the link, so they see one whole build or another, never a part. Where machines share a store, the
published build of all of them is named there (`shared`), and what is here follows it.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from displacement.build import shared
from displacement.build.builds import builds, published
from displacement.build.manifest import KEPT_BUILDS, ROLLED_BACK, Build, damaged, rolled_back
from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Settings
from displacement.storage import mirror
from displacement.storage.files import PARTIAL_SUFFIX, partial_name, unwritable, write_text

PULLED = "pulled_for"
"""The file of a home that names the run for which things were copied from the store last."""


def require_place(settings: Settings, *, take_over: bool = False) -> None:
    """Raise, before anything is made, where `public` could not be switched to it.

    Args:
        settings: where things are.
        take_over: whether the published build of another home may be replaced.

    Raises:
        DisplacementError: `public` is a directory of somebody else's, leads to a build of another home, or cannot be
            written.
    """
    link = settings.public
    _require_own(settings, take_over)
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


def _require_own(settings: Settings, take_over: bool) -> None:
    """Raise where `public` leads to a whole build of another home: its readers would lose what they read."""
    current = published(settings)
    if current and not take_over and current.directory.parent != settings.builds.resolve():
        raise DisplacementError(
            f"{settings.public} leads to a build of another home, {current.directory.parent.parent}, so it is not "
            "replaced. Set DISPLACEMENT_PUBLIC to a place of its own, or run `displacement build --take-over`."
        )


def _is_foreign(link: Path) -> bool:
    return link.exists() and not link.is_symlink()


def publish(settings: Settings, build: Build, *, undoes_rollback: bool = False, take_over: bool = False) -> None:
    """Switch `public` to a whole build, in one atomic step, and remove builds that are too old to return to.

    Args:
        settings: where things are.
        build: the build.
        undoes_rollback: whether inputs that were rolled back may be published again.
        take_over: whether the published build of another home may be replaced.

    Raises:
        DisplacementError: `public` is a directory of somebody else's, leads to a build of another home, or cannot be
            written.
    """
    link = settings.public
    if _is_foreign(link):
        raise DisplacementError(
            f"{link} is a directory or file that displacement did not make, so it was not replaced; the new build is "
            f"in {build.directory}. Move it away, or choose another place with DISPLACEMENT_PUBLIC."
        )
    _require_own(settings, take_over)
    shared.publish(settings, build, published(settings), undoes_rollback=undoes_rollback)
    switch(settings, build)
    if undoes_rollback:
        (settings.records / ROLLED_BACK).unlink(missing_ok=True)
    _prune(settings, build)


def publish_again(settings: Settings, build_id: str | None = None) -> Build:
    """Publish a whole build again: the one named, or the newest. Forgets a rollback.

    Raises:
        WrongUseError: there is no such build; the message lists those there are.
        DisplacementError: it is damaged.
    """
    follow(settings, all_kept=True)
    there = builds(settings)
    wanted = [build for build in there if build_id in (None, build.build_id)]
    if not wanted:
        listed = ", ".join(build.build_id for build in there) or "none; run `displacement build`"
        raise WrongUseError(f"There is no build {build_id or 'yet'}. Builds: {listed}.")
    require_undamaged(settings, wanted[-1])
    publish(settings, wanted[-1], undoes_rollback=True)
    return wanted[-1]


def require_undamaged(settings: Settings, build: Build) -> None:
    """Raise where a file of a build is missing or is not what its manifest lists.

    Raises:
        DisplacementError: a file is; it is named.
    """
    if wrong := damaged(settings, build):
        raise DisplacementError(f"{in_words(build, wrong)} Run `displacement build --force`, or publish another build.")


def in_words(build: Build, wrong: list[str]) -> str:
    """Return the sentence on damaged files of a build."""
    more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
    return (
        f"Build {build.build_id} is damaged: {wrong[0]}{more} is missing or does not have the checksum of its manifest."
    )


def rollback(settings: Settings) -> Build:
    """Publish the build before the published one that was not rolled back itself, and remember which inputs now are.

    Until the inputs change, `build` does not publish the ones that were rolled back again by itself.

    Raises:
        WrongUseError: nothing is published, or no build before it is kept.
    """
    follow(settings, all_kept=True)
    if (current := published(settings)) is None:
        raise WrongUseError(f"{settings.public} shows no build. Run `displacement build` first.")
    turned_down = rolled_back(settings)
    before = [
        build
        for build in builds(settings)
        if build.order < current.order and build.build_id not in turned_down and not damaged(settings, build)
    ]
    if not before:
        raise WrongUseError(f"There is no build before {current.build_id} to return to.")
    turned_down[current.build_id] = current.identity.inputs_sha256
    write_text(settings.records / ROLLED_BACK, json.dumps(turned_down, indent=1) + "\n")
    publish(settings, before[-1])
    return before[-1]


def reason_not_to_build(settings: Settings, inputs: str) -> str | None:
    """Return why a build of these inputs would change nothing, as a sentence, or None where one is due."""
    follow(settings)
    current = published(settings)
    if current is None or damaged(settings, current):
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


def follow(settings: Settings, *, all_kept: bool = False) -> None:
    """Publish here the build that is published for all machines, if they share a store.

    Args:
        settings: where things are.
        all_kept: copy the builds one can return to as well.

    Raises:
        DisplacementError: the store cannot be used, or a build there is damaged.
    """
    build, here = shared.pull(settings, all_kept=all_kept), published(settings)
    if build and (here is None or here.build_id != build.build_id):
        switch(settings, build)


def pull_inputs(settings: Settings, run_id: str) -> None:
    """Copy what a build starts from out of the store, once a run: what people added and the published build.

    Later processes of the run start from the same, so a build that another machine publishes meanwhile is noticed.
    Call it while holding `only_build`.
    """
    note = settings.records / PULLED
    if settings.store is None or (note.is_file() and note.read_text(encoding="utf-8") == run_id):
        return
    mirror.pull_added(settings)
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


def _prune(settings: Settings, current: Build) -> None:
    there = builds(settings)
    turned_down = rolled_back(settings)
    upheld = [build for build in there if build.build_id not in turned_down]
    kept = {build.build_id for build in (current, *there[-KEPT_BUILDS:], *upheld[-KEPT_BUILDS:])}
    for build in there:
        if build.build_id not in kept:
            _remove(build.directory)


def _remove(directory: Path) -> None:
    """Remove an old build as far as it can be; what stays has the name of something unfinished, for `tidy` to find."""
    doomed = directory.with_name(f"{directory.name}{PARTIAL_SUFFIX}")
    try:
        os.replace(directory, doomed)
    except OSError:
        return  # removed by another process already, or not ours to remove: the new build is published all the same
    shutil.rmtree(doomed, ignore_errors=True)
