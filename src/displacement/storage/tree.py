"""A set of files in a store that changes as one: who reads it gets all of one state, never parts of two.

`tree.json` names the files of the state that stands, each with the object that holds it. An object is written once,
under a name of its own, before any state names it; then `tree.json` is exchanged on the condition that it is still the
one this change goes on from. So a writer that is killed leaves nothing but objects nobody names, and of two writers one
is told that it was overtaken. What no state names is removed a day later, when nobody can be reading it any more.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from displacement.errors import DisplacementError
from displacement.storage.bucket import Objects, each_of
from displacement.storage.files import sha256_of

FORMAT = 1
NAME = "tree.json"
STAYS = timedelta(days=1)
"""How long an object that no state names stays: a reader of the state before, or a writer at work, may need it."""

TRIES = 5


class OvertakenError(DisplacementError):
    """Another machine has changed what was to be written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a state: its content, and the object that holds it."""

    sha256: str
    bytes: int
    object: str


@dataclass(frozen=True, slots=True)
class State:
    """What stands: the files by name, what else is said, and the tag that a change is conditional on."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None


class Tree:
    """A set of files below a prefix of a store."""

    def __init__(self, objects: Objects, name: str) -> None:
        """Bind the place; nothing is asked yet."""
        self._objects = objects
        self.name = name

    def read(self) -> State:
        """Return the state that stands; one without files where there is none yet.

        Raises:
            DisplacementError: it cannot be read, or is of a newer format.
        """
        key = f"{self.name}/{NAME}"
        stored = self._objects.read(key)
        if stored is None:
            return State()
        try:
            said = json.loads(stored.body)
            if said["format"] > FORMAT:
                raise DisplacementError(
                    f"{self._objects.address}/{key} has format {said['format']}; this program knows formats up to "
                    f"{FORMAT}. Install the version of displacement that wrote it."
                )
            files = {name: Entry(**entry) for name, entry in said["files"].items()}
            return State(files, said["says"], stored.tag)
        except (ValueError, KeyError, TypeError) as error:
            raise DisplacementError(f"{self._objects.address}/{key} cannot be read ({error}).") from error

    def change(self, since: State, files: Mapping[str, Path | None], says: Mapping[str, str] | None = None) -> State:
        """Put a change into effect, if what stands is still the state it goes on from.

        Args:
            since: the state that was read.
            files: the files that are new or may have changed, each where it is on disk; None for one to remove.
            says: what else is said from now on; as before if not given.

        Returns:
            The state that stands now.

        Raises:
            OvertakenError: another state stands, or a file that was there when the change was looked for is gone.
            DisplacementError: the store cannot be written.
        """
        after = self._sent(since, files)
        said = dict(since.says if says is None else says)
        if after == dict(since.files) and said == dict(since.says):
            return since
        record = {"format": FORMAT, "says": said, "files": {name: asdict(after[name]) for name in sorted(after)}}
        key = f"{self.name}/{NAME}"
        if not self._objects.write_if(key, (json.dumps(record, indent=1) + "\n").encode(), since.tag):
            raise OvertakenError(
                f"{self._objects.address}/{key} was changed by another machine meanwhile. Run the command again."
            )
        self._tidy(after)
        return self.read()

    def merge(self, since: State, files: Mapping[str, Path | None]) -> State:
        """Put a change into effect, beside changes of other files that came in meanwhile.

        Raises:
            OvertakenError: one of the same files was changed otherwise.
        """
        base = since
        for _ in range(TRIES):
            try:
                return self.change(base, files)
            except OvertakenError:
                base = self.read()
                self._require_untouched(since, base, files)
        raise OvertakenError(f"{self._objects.address}/{self.name} is changed by others all the time. Try again later.")

    def bring(self, state: State, home: Path, names: Iterable[str]) -> None:
        """Write files of a state below a directory; what is there with the same content stays.

        Raises:
            OvertakenError: an object is gone, since another state stands meanwhile.
            DisplacementError: what came is not what the state says.
        """
        each_of(sorted(names), lambda name: self._bring(state.files[name], home / name))

    def _bring(self, entry: Entry, path: Path) -> None:
        if holds(path, entry):
            return
        key = f"{self.name}/objects/{entry.object}"
        if not self._objects.fetch(key, path):
            raise OvertakenError(
                f"{self._objects.address}/{key} is not there any more: another state stands meanwhile. Run it again."
            )
        if not holds(path, entry):
            path.unlink(missing_ok=True)
            raise DisplacementError(
                f"{self._objects.address}/{key} is damaged: its content is not what {NAME} says. Restore it from a "
                "former version of the object, or remove what depends on it and make it again."
            )

    def _sent(self, since: State, files: Mapping[str, Path | None]) -> dict[str, Entry]:
        """Send what no object holds yet; return the files of the state after a change."""
        known = {(entry.sha256, entry.bytes): entry for entry in since.files.values()}
        after = dict(since.files)
        new: dict[tuple[str, int], Path] = {}
        for name, path in files.items():
            if path is None:
                after.pop(name, None)
                continue
            content = (sha256_of(path), path.stat().st_size)
            if content not in known:
                # A name of its own each time: one that is removed as no longer named can never be one just sent.
                known[content] = Entry(*content, f"{content[0][:32]}.{secrets.token_hex(6)}")
                new[content] = path
            after[name] = known[content]
        each_of(new, lambda content: self._objects.write(self._key(known[content]), new[content]))
        return after

    def _key(self, entry: Entry) -> str:
        return f"{self.name}/objects/{entry.object}"

    def _require_untouched(self, since: State, now: State, files: Mapping[str, Path | None]) -> None:
        for name, path in files.items():
            entry = now.files.get(name)
            is_ours = entry is None if path is None else entry is not None and holds(path, entry)
            if entry != since.files.get(name) and not is_ours:
                raise OvertakenError(
                    f"{name} was changed by another machine meanwhile ({self._objects.address}/{self.name}). What it "
                    "wrote stands; run the command again to go on from it."
                )

    def _tidy(self, after: Mapping[str, Entry]) -> None:
        """Remove objects that no state has named for a day."""
        named = {self._key(entry) for entry in after.values()}
        before = datetime.now(UTC) - STAYS
        listed = self._objects.list(f"{self.name}/objects")
        self._objects.remove(each.key for each in listed if each.key not in named and each.changed < before)


def holds(path: Path, entry: Entry) -> bool:
    """Say whether a file has the content of an entry."""
    try:
        return path.stat().st_size == entry.bytes and sha256_of(path) == entry.sha256
    except FileNotFoundError:
        return False
