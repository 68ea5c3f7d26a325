"""Builds that machines share: which one is on show is said in the store, and every machine shows that one.

The tree `builds` holds the builds kept, and what was rolled back. Showing one is a change of it, on the condition that
the build that this machine shows still is the one on show: so nobody puts an old build over one that came meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.build import builds
from displacement.storage.bucket import Objects, OvertakenError
from displacement.storage.files import PARTIAL_SUFFIX
from displacement.storage.mirror import CLAIMS, WORK, bring
from displacement.storage.tree import State, Tree

if TYPE_CHECKING:
    from displacement.build.builds import Build
    from displacement.settings import Settings

TREE = "builds"
SHOWN = "shown"
ROLLED_BACK = f"records/{builds.ROLLED_BACK}"

BROUGHT = "records/brought_for"
"""The file of a home that names the run for which things were brought last: the processes of a run share them."""

TRIES = 5


def before_build(settings: Settings, run_id: str) -> None:
    """Bring what a build goes on from: the build on show, tables that may still be good, claims of this installation.

    Call it while holding the right to build; later calls of the same run do nothing.
    """
    note = settings.home / BROUGHT
    if note.is_file() and note.read_text(encoding="utf-8") == run_id:
        return
    objects = Objects(str(settings.store))
    for room in (WORK, CLAIMS):
        bring(objects, settings.home, room)
    follow(settings)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(run_id, encoding="utf-8")


def after_build(settings: Settings) -> None:
    """Take up what the build made beside what it shows. It only saves work, so who comes last has it."""
    tree = Tree(Objects(str(settings.store)), WORK.name)
    for _ in range(TRIES):
        since = tree.read()
        files: dict[str, Path | None] = dict.fromkeys(since.files)
        try:
            tree.change(since, files | WORK.files(settings.home))
            return
        except OvertakenError:
            continue


def follow(settings: Settings, *, all_kept: bool = False) -> None:
    """Show here what is on show in the store.

    Args:
        settings: where things are.
        all_kept: bring the builds one can return to as well.
    """
    tree = Tree(Objects(str(settings.store)), TREE)
    state = tree.read()
    shown = state.says.get(SHOWN)
    if shown is None:
        return
    tree.bring(state, settings.home, [ROLLED_BACK] if ROLLED_BACK in state.files else [])
    if ROLLED_BACK not in state.files:
        (settings.home / ROLLED_BACK).unlink(missing_ok=True)
    for build_id in _ids(state) if all_kept else [shown]:
        _bring(tree, state, settings, build_id)
    here = builds.shown(settings)
    build = builds.read_build(settings.builds / shown)
    if build and (here is None or here.build_id != shown):
        builds.switch(settings, build)


def share(settings: Settings, build: Build, *, undoes_rollback: bool = False) -> None:
    """Put a build on show for all machines.

    Args:
        settings: where things are.
        build: the build, which is here.
        undoes_rollback: whether builds that were rolled back are no longer turned down.

    Raises:
        OvertakenError: another build was put on show since this machine looked last.
        DisplacementError: the store cannot be written.
    """
    tree = Tree(Objects(str(settings.store)), TREE)
    state = tree.read()
    here, there = builds.shown(settings), state.says.get(SHOWN)
    if there not in (None, build.build_id) and (here is None or here.build_id != there):
        raise OvertakenError(
            f"Another machine has put build {there} on show meanwhile, so build {build.build_id} was not shown. Run "
            "the command again: it goes on from that one."
        )
    files: dict[str, Path | None] = {
        path.relative_to(settings.home).as_posix(): path
        for path in (settings.builds / build.build_id).rglob("*")
        if path.is_file()
    }
    record = settings.home / ROLLED_BACK
    files[ROLLED_BACK] = record if record.is_file() and not undoes_rollback else None
    stay = _stay({*_ids(state), build.build_id}, record) | {build.build_id}
    files |= {name: None for name in state.files if name.startswith("builds/") and _id(name) not in stay}
    tree.change(state, files, {SHOWN: build.build_id})


def _bring(tree: Tree, state: State, settings: Settings, build_id: str) -> None:
    """Bring a build, whole or not at all."""
    final = settings.builds / build_id
    there = builds.read_build(final)
    if there and there.is_intact():
        return
    draft = settings.builds / f".{build_id}.{os.getpid()}{PARTIAL_SUFFIX}"
    names = [name for name in state.files if name.startswith(f"builds/{build_id}/")]
    try:
        tree.bring(state, draft, names)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(draft / "builds" / build_id, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _ids(state: State) -> list[str]:
    return sorted({_id(name) for name in state.files if name.startswith("builds/")})


def _id(name: str) -> str:
    return name.split("/")[1]


def _stay(build_ids: Iterable[str], record: Path) -> set[str]:
    """Return the builds that stay: the newest, and the newest of those that were not turned down."""
    turned_down: Mapping[str, str] = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    ordered = sorted(build_ids)  # a name begins with the time of the build
    upheld = [build_id for build_id in ordered if build_id not in turned_down]
    return {*ordered[-builds.KEPT_BUILDS :], *upheld[-builds.KEPT_BUILDS :]}
