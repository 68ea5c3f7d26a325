"""Builds that machines share: the store names the published one, and every machine publishes that one.

The builds are in the store as readers of a bucket get them (`build.upload`); `current.json` names the published one and
those rolled back. Without a store every function here does nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from displacement.build.manifest import MANIFEST, ROLLED_BACK, Build, damaged, read_build, rolled_back
from displacement.build.upload import CURRENT, publish_to, read_current
from displacement.errors import DisplacementError
from displacement.storage.bucket import Objects, each_of
from displacement.storage.files import PARTIAL_SUFFIX, sha256_of, write_text

if TYPE_CHECKING:
    from displacement.settings import Settings


def pull(settings: Settings, *, all_kept: bool = False) -> Build | None:
    """Copy the published build, and which builds were rolled back, from the store.

    Args:
        settings: where things are.
        all_kept: copy the builds one can return to as well.

    Returns:
        The published build, now here; None where there is no store, or nothing is published there.

    Raises:
        DisplacementError: the store cannot be used, or a build there is damaged.
    """
    if settings.store is None:
        return None
    objects = Objects(settings.store)
    current = read_current(objects, objects.read(CURRENT))
    if not current:
        return None
    record = settings.records / ROLLED_BACK
    if current.get("rolled_back"):
        write_text(record, json.dumps(current["rolled_back"], indent=1) + "\n")
    else:
        record.unlink(missing_ok=True)
    for build_id in current["kept"] if all_kept else [current["build_id"]]:
        _pull_build(objects, settings, build_id)
    return read_build(settings.builds / current["build_id"])


def publish(settings: Settings, build: Build, here: Build | None, *, undoes_rollback: bool = False) -> None:
    """Publish a build for all machines, if the build that this machine has published still is the published one.

    Another machine's newer build is never replaced by one made without it: this one is refused, and the next build
    starts from the newer.

    Args:
        settings: where things are.
        build: the build.
        here: the build that this machine has published until now.
        undoes_rollback: whether builds that were rolled back may be published again.

    Raises:
        DisplacementError: another machine has published a build meanwhile, or the store cannot be written.
    """
    if settings.store is None:
        return
    turned_down = {} if undoes_rollback else rolled_back(settings)
    publish_to(settings.store, build, replaces={here.build_id} if here else set(), rolled_back=turned_down)


def _pull_build(objects: Objects, settings: Settings, build_id: str) -> None:
    """Copy a build, whole or not at all, and compare every file with the manifest."""
    final = settings.builds / build_id
    here = read_build(final)
    if here and not damaged(settings, here):
        return
    draft = settings.builds / f".{build_id}.{os.getpid()}{PARTIAL_SUFFIX}"
    place = f"builds/{build_id}"
    try:
        objects.fetch(f"{place}/{MANIFEST}", draft / MANIFEST)
        build = read_build(draft)
        if build is None:
            raise DisplacementError(f"{objects.address}/{place} holds no whole build. Publish another one there.")

        def fetch(name: str) -> None:
            path = draft / name
            if not path.resolve().is_relative_to(draft.resolve()) or not objects.fetch(f"{place}/{name}", path):
                raise DisplacementError(f"{objects.address}/{place}/{name} is missing. Publish another build there.")
            if sha256_of(path) != build.files[name]["sha256"]:
                raise DisplacementError(
                    f"{objects.address}/{place}/{name} is damaged: it is not what the manifest of the build lists. "
                    "Publish another build there."
                )

        each_of(build.files, fetch)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(draft, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
