"""Which files of a home go to the store and come from it: the rooms, each a tree of its own.

A step says which rooms it needs and which it makes (`mirrored`). What it needs comes down before it; what it made goes
up after it, if it ended well. The ledger has rules of its own (`versions`), and so has showing a build (`builds`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.storage.bucket import Objects, each_of
from displacement.storage.files import PARTIAL_SUFFIX
from displacement.storage.tree import State, Tree

if TYPE_CHECKING:
    from displacement.settings import Settings

LANDING = "landing"
PAGES = "landing/pages"


@dataclass(frozen=True, slots=True)
class Room:
    """A set of files of a home that change as one.

    Attributes:
        name: of its tree in the store.
        patterns: what is in it, below the home.
        without: names that a pattern covers and that belong to another room.
        release: whose raw pages go up with it; None where it has none.
    """

    name: str
    patterns: tuple[str, ...]
    without: re.Pattern[str] = re.compile(r"(?!)")
    release: date | None = None

    def files(self, home: Path) -> dict[str, Path]:
        """Return its files that are whole, each by its name below the home."""
        found = {path.relative_to(home).as_posix(): path for each in self.patterns for path in home.glob(each)}
        return {
            name: path
            for name, path in found.items()
            if path.is_file() and not self.without.fullmatch(name) and not _is_unfinished(path)
        }


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") or PARTIAL_SUFFIX in path.name


def room_of(name: str, release: date) -> Room:
    """Return a room of a release.

    Args:
        name: `landing`, what was captured; `intake`, what was read, and the rows that broke a rule; `taken`, what the
            ledger made of it.
        release: its day.
    """
    patterns = {
        LANDING: (f"{LANDING}/{release}/**/*",),
        "intake": (f"intake/{release}/**/*", f"quarantine/{release}.*"),
        "taken": (f"records/release-{release}.json",),
    }
    return Room(f"{name}/{release}", patterns[name], release=release if name == LANDING else None)


CLAIMS = Room("claims", ("claims.csv",))

WORK = Room(
    "work",
    ("models/**/*", "quality/**/*", "records/**/*", "quarantine/**/*"),
    re.compile(r"records/(release-.*|rolled_back\.json)|quarantine/\d{4}-\d\d-\d\d\..*"),
)
"""What a build makes beside what it shows: the next build, on whatever machine, makes anew only what has changed."""


@contextmanager
def mirrored(settings: Settings, *, needs: Iterable[Room] = (), makes: Iterable[Room] = ()) -> Iterator[None]:
    """Bring rooms down, let the block work on them, and take what it made up; without a store only the block runs.

    Raises:
        OvertakenError: another machine changed the same files meanwhile.
        DisplacementError: the store does not answer, or cannot be written.
    """
    if settings.store is None:
        yield
        return
    objects = Objects(settings.store)
    made = list(makes)
    states = {room.name: bring(objects, settings.home, room) for room in dict.fromkeys((*needs, *made))}
    yield
    for room in made:
        share(objects, settings.home, room, states[room.name])


def bring(objects: Objects, home: Path, room: Room) -> State:
    """Bring the files of a room down; return the state they are of."""
    tree = Tree(objects, room.name)
    state = tree.read()
    tree.bring(state, home, state.files)
    return state


def share(objects: Objects, home: Path, room: Room, since: State) -> None:
    """Take up what is new or gone in a room since its state was brought."""
    if room.release:
        _share_pages(objects, home, room.release)
    files: dict[str, Path | None] = dict.fromkeys(since.files)
    Tree(objects, room.name).merge(since, files | room.files(home))


def bring_records(settings: Settings) -> None:
    """Bring down of each release the record of where its tables came from, which is small: a probe needs no more."""
    if settings.store is None:
        return
    from displacement.sources.records import RECORD

    objects = Objects(settings.store)
    for name in sorted(each.key.removesuffix("/tree.json") for each in objects.list(LANDING) if _is_tree(each.key)):
        tree = Tree(objects, name)
        state = tree.read()
        tree.bring(state, settings.home, [file for file in state.files if file == f"{name}/{RECORD}"])


def bring_pages(settings: Settings, release: date, dataset: str) -> None:
    """Bring down what was captured of a release, and the raw pages of one of its tables."""
    from displacement.sources.records import read_records

    objects = Objects(str(settings.store))
    bring(objects, settings.home, room_of(LANDING, release))
    record = read_records(settings.home / LANDING / release.isoformat()).get(dataset)

    def fetch(sha256: str) -> None:
        directory = f"{PAGES}/{sha256[:2]}"
        if not any((settings.home / directory).glob(f"{sha256}.*")):
            for each in objects.list(directory):
                if each.key.startswith(f"{directory}/{sha256}."):
                    objects.fetch(each.key, settings.home / each.key)

    each_of({page.sha256 for page in record.pages} if record else set(), fetch)


def _is_tree(key: str) -> bool:
    return re.fullmatch(rf"{LANDING}/\d{{4}}-\d\d-\d\d/tree\.json", key) is not None


def _share_pages(objects: Objects, home: Path, release: date) -> None:
    """Take up the raw pages of a release: they are named by their content, and are never changed."""
    from displacement.sources.records import read_records

    records = read_records(home / LANDING / release.isoformat()).values()
    hashes = {page.sha256 for record in records for page in record.pages}
    pages = [path for each in hashes for path in (home / PAGES / each[:2]).glob(f"{each}.*") if path.is_file()]

    def send(path: Path) -> None:
        key = path.relative_to(home).as_posix()
        if objects.size(key) != path.stat().st_size:
            objects.send(key, path)

    each_of(pages, send)
