"""The versions of the ledger in the store: which one stands is decided there, for all machines.

The tree `ledger` holds the files of all versions kept, and says which one stands (`current`). A machine that writes
goes on from the version that stands, and its own stands afterwards only if no other came between; else it begins again
on top of that one, so no release is ever lost. What a version is and how it is made is the ledger's own business.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from displacement.errors import DisplacementError
from displacement.storage.bucket import Objects
from displacement.storage.files import PARTIAL_SUFFIX, sha256_of, write_text
from displacement.storage.tree import Entry, OvertakenError, State, Tree

TREE = "ledger"
CURRENT = "current"

FOLLOWED = "store"
"""The file of a home that says which store its ledger follows."""

TRIES = 20
T = TypeVar("T")
_LOG = logging.getLogger(__name__)


class SharedLedger:
    """The ledger in the store, as one machine sees it; what it read last is what a change of it goes on from."""

    def __init__(self, store: str, home: Path) -> None:
        """Bind the store and the directory `ledger` of a home."""
        self._tree = Tree(Objects(store), TREE)
        self._store = store
        self._home = home
        self._state = State()

    def current(self) -> str | None:
        """Return the name of the version that stands in the store; None where it holds none.

        Raises:
            DisplacementError: the store does not answer, or is damaged.
        """
        self._state = self._tree.read()
        return self._state.says.get(CURRENT)

    def names(self) -> set[str]:
        """Return the names of the versions that were in the store when it was read."""
        return {name.split("/")[0] for name in self._state.files}

    def follow(self, alone: Callable[[], AbstractContextManager[None]], switch: Callable[[str], None]) -> None:
        """Let the version that stands in the store be the one on show here.

        Args:
            alone: holds the right to write in the home.
            switch: shows a version that is here.

        Raises:
            DisplacementError: what is here was made without the store; or the store does not answer, or is damaged.
        """
        self._state = self._tree.read()
        if self._follows():
            return
        with alone():
            self._require_same_ledger()
            if name := self._state.says.get(CURRENT):
                self.bring(name)
                if self._shown() != name:
                    switch(name)
            write_text(self._home / FOLLOWED, self._store + "\n")

    def bring(self, name: str) -> None:
        """Bring a version of the store down, whole or not at all. Call it only as the one writer of the home.

        Raises:
            OvertakenError: it is gone from the store meanwhile.
            DisplacementError: it is damaged there.
        """
        final = self._home / "versions" / name
        entries = {file: entry for file, entry in self._state.files.items() if file.startswith(f"{name}/")}
        if final.is_dir() or not entries:
            return
        draft = self._home / "versions" / f".brought.{os.getpid()}{PARTIAL_SUFFIX}"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            self._link_known(draft, entries)
            self._tree.bring(self._state, draft, entries)
            os.replace(draft / name, final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def share(self, name: str, directory: Path, kept: Callable[[Iterable[str]], set[str]]) -> None:
        """Let a version of this machine stand, if the one it goes on from still does.

        Args:
            name: the version.
            directory: where its files are.
            kept: says which of the versions there are stay.

        Raises:
            OvertakenError: another version stands meanwhile.
            DisplacementError: the store cannot be written.
        """
        files: dict[str, Path | None] = {
            f"{name}/{path.relative_to(directory).as_posix()}": path for path in directory.rglob("*") if path.is_file()
        }
        stay = kept({*self.names(), name}) | {name}
        files |= {file: None for file in self._state.files if file.split("/")[0] not in stay}
        self._state = self._tree.change(self._state, files, {CURRENT: name})

    def _shown(self) -> str | None:
        try:
            return (self._home / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def _follows(self) -> bool:
        name = self._state.says.get(CURRENT)
        is_here = name is not None and name == self._shown() and (self._home / "versions" / name).is_dir()
        return is_here and self._followed() == self._store

    def _followed(self) -> str | None:
        try:
            return (self._home / FOLLOWED).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def _require_same_ledger(self) -> None:
        """See to it that a ledger made here without the store is not put aside in silence, nor put over another's."""
        shown, current = self._shown(), self._state.says.get(CURRENT)
        if shown is None or shown == current or self._followed() == self._store:
            return
        if current is None and self._followed() is None:
            directory = self._home / "versions" / shown
            self.share(shown, directory, set)
            return
        raise DisplacementError(
            f"The ledger in {self._home} was not made with the store {self._store}, which holds another. Move it away "
            "to go on with the ledger of the store, or give a store that is empty to go on with this one there."
        )

    def _link_known(self, draft: Path, entries: Mapping[str, Entry]) -> None:
        """Take over what another version here holds already: most tables are the same in all of them."""
        wanted = {(Path(file).name, entry.bytes): (file, entry.sha256) for file, entry in entries.items()}
        for path in (self._home / "versions").glob("[0-9]*/**/*"):
            file, sha256 = wanted.get((path.name, path.stat().st_size), (None, None))
            if file and path.is_file() and not (draft / file).exists() and sha256_of(path) == sha256:
                (draft / file).parent.mkdir(parents=True, exist_ok=True)
                os.link(path, draft / file)


def again(work: Callable[[], T]) -> T:
    """Return what a change came to; when it was overtaken it is made again, on top of what others wrote.

    Raises:
        OvertakenError: others write all the time.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except OvertakenError as error:
            _LOG.info("%s It is made again.", error)
            time.sleep(random.uniform(0, 0.5))  # noqa: S311  # so that two do not go on in step
    return work()
