"""What machines that share a store copy to it and from it: files that never change, and a few small changing objects.

Files that never change are copied by whoever lacks them: raw pages, readings and decisions under their own names, the
files of a release under the hash of their content (`files/`). What changes is a small object, read before the work and
written after it on the condition that nobody else wrote meanwhile: `releases/<day>.json` names the files of a release
(captured, read, the result), `claims.csv` and `forecasts.csv` hold what people added. Builds are copied by
`build.shared`. Without a store (`DISPLACEMENT_STORE`) every function here does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import DisplacementError
from displacement.settings import REGISTERS
from displacement.storage.bucket import Objects, Stored, each_of
from displacement.storage.files import PARTIAL_SUFFIX, sha256_of, write_text, written_whole

if TYPE_CHECKING:
    from displacement.settings import Settings

PAGES = "landing/pages"
LEDGER = ("ledger/readings", "ledger/decisions", "ledger/nowcasts")
RELEASES = "releases"


# --- the ledger -------------------------------------------------------------------------------------------------------


def sync_ledger(settings: Settings) -> None:
    """Copy the readings and decisions that one side lacks to it, so that both hold those of all machines.

    Raises:
        DisplacementError: this home has a ledger of its own that was never copied to this store, which holds another;
            a file in the store is not what its name promises, or the store cannot be used.
    """
    if settings.store is None:
        return
    objects = Objects(settings.store)
    here = _whole_files(settings.home, [f"{room}/**/*" for room in LEDGER])
    there = _ledger_in(objects)
    _require_same_ledger(settings, bool(there), here.keys() - there)
    each_of(there - here.keys(), lambda key: _fetch(objects, key, _below(settings.home, key), _hash_in(key)))

    def send(name: str) -> None:
        if sha256_of(here[name]).startswith(_hash_in(name)):  # what is damaged here is refused when the ledger is read
            objects.write(name, here[name])

    each_of(here.keys() - there, send)


def count_ledger(store: str) -> int:
    """Return how many readings and decisions a store holds.

    Raises:
        DisplacementError: the store cannot be used, or was written by version 0.1.
    """
    return len(_ledger_in(Objects(store)))


def _ledger_in(objects: Objects) -> set[str]:
    if objects.size("ledger/tree.json") is not None:
        raise DisplacementError(
            f"The store {objects.address} was written by version 0.1 of displacement, which this one does not read. "
            "Choose an empty prefix: the home of a machine that used this one fills it."
        )
    return {each.key for room in LEDGER for each in objects.list(room)}


def _hash_in(name: str) -> str:
    """Return the beginning of its content's SHA-256 that the name of a reading or decision ends with."""
    return name.rpartition("-")[2].partition(".")[0]


def _require_same_ledger(settings: Settings, has_other: bool, only_here: Collection[str]) -> None:
    """Note which store this home is copied to; what is added to a ledger stays, so two are not joined by mistake."""
    followed = settings.home / "seen" / "store"
    if followed.exists() and followed.read_text(encoding="utf-8").strip() == settings.store:
        return
    if has_other and only_here:
        raise DisplacementError(
            f"The ledger in {settings.home} was not made with the store {settings.store}, which holds another: for "
            f"example, {min(only_here)} is not there. Move {settings.ledger_home} away to go on with the ledger of the "
            "store, or give a store that is empty."
        )
    write_text(followed, f"{settings.store}\n")


# --- raw pages and the files of a release -----------------------------------------------------------------------------


def pull_pages(settings: Settings, hashes: Iterable[str]) -> None:
    """Copy raw pages, with the records of where they came from, that this machine lacks."""
    if settings.store is None:
        return
    objects = Objects(settings.store)

    def fetch(sha256: str) -> None:
        for each in objects.list(f"{PAGES}/{sha256[:2]}"):
            if each.key.rpartition("/")[2].startswith(f"{sha256}.") and not (settings.home / each.key).exists():
                objects.fetch(each.key, settings.home / each.key)

    each_of(set(hashes), fetch)


@contextmanager
def release_files(settings: Settings, release: date) -> Iterator[None]:
    """Copy the files of a release from the store, let the block work, and copy what it made back.

    Raises:
        DisplacementError: another machine changed the release meanwhile, or the store cannot be used.
    """
    if settings.store is None:
        yield
        return
    objects = Objects(settings.store)
    before = _pull_release(objects, settings.home, f"{RELEASES}/{release}.json")
    yield
    pages = _whole_files(settings.home, [f"{PAGES}/**/*"])
    there = {each.key for each in objects.list(PAGES)} if pages else set()
    each_of(pages.keys() - there, lambda name: objects.write(name, pages[name]))
    _push_release(objects, settings.home, release, before)


def pull_release(settings: Settings, release: date) -> None:
    """Copy what was captured and read of a release."""
    if settings.store:
        _pull_release(Objects(settings.store), settings.home, f"{RELEASES}/{release}.json")


def pull_records(settings: Settings, name: str) -> None:
    """Copy one small file of every release, such as the record of where its tables came from."""
    if settings.store:
        objects = Objects(settings.store)
        each_of(
            [each.key for each in objects.list(RELEASES)], lambda key: _pull_release(objects, settings.home, key, name)
        )


def _pull_release(objects: Objects, home: Path, key: str, only: str = "") -> Stored | None:
    """Copy the files that the object of a release names, or those of one name; return the object."""
    stored = objects.read(key)
    files = _files_of(objects, key, stored)

    def fetch(name: str) -> None:
        path = _below(home, name)
        if not path.is_file() or sha256_of(path) != files[name]:
            _fetch(objects, f"files/{files[name]}", path, files[name])

    each_of([name for name in files if name.endswith(only)], fetch)
    return stored


def _push_release(objects: Objects, home: Path, release: date, before: Stored | None) -> None:
    key = f"{RELEASES}/{release}.json"
    here = _whole_files(
        home,
        [
            f"landing/{release}/**/*",
            f"intake/{release}/**/*",
            f"quarantine/{release}.*",
            f"records/release-{release}.json",
        ],
    )
    files = {name: sha256_of(path) for name, path in sorted(here.items())}
    known = _files_of(objects, key, before)
    if files == known:
        return
    new = {files[name]: here[name] for name in files if files[name] not in known.values()}
    each_of(new, lambda sha256: objects.write(f"files/{sha256}", new[sha256]))
    if not objects.write_if(
        key, (json.dumps({"files": files}, indent=1) + "\n").encode(), before.tag if before else None
    ):
        raise DisplacementError(
            f"The release {release} was changed by another machine meanwhile ({objects.address}/{key}), so the "
            "files of this one were not copied there. Run the command again: it goes on from what the other made."
        )


def _files_of(objects: Objects, key: str, stored: Stored | None) -> dict[str, str]:
    if stored is None:
        return {}
    try:
        return {str(name): str(sha256) for name, sha256 in json.loads(stored.body)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DisplacementError(
            f"{objects.address}/{key} cannot be read ({error}). Remove it and fetch the release again."
        ) from error


# --- claims and forecasts ---------------------------------------------------------------------------------------------


@contextmanager
def added(settings: Settings, register: str) -> Iterator[None]:
    """Let the block change the claims or forecasts added to this installation: those of all machines.

    Raises:
        DisplacementError: another machine changed them meanwhile, this one has some that were added without the store,
            or the store cannot be used.
    """
    if settings.store is None:
        yield
        return
    path = settings.added(register)
    objects, name, seen = Objects(settings.store), path.name, settings.home / "seen" / path.name
    before = objects.read(name)
    if before:
        if path.exists() and path.read_bytes() not in (before.body, seen.read_bytes() if seen.exists() else None):
            raise DisplacementError(
                f"{path} holds {register} that were added without the store {objects.address}, which holds others. "
                f"Move it away and add them again with: displacement {register} add"
            )
        for each in (path, seen):
            write_text(each, before.body.decode())
    yield
    if not path.exists() or (before and path.read_bytes() == before.body):
        return
    if not objects.write_if(name, path.read_bytes(), before.tag if before else None):
        if before:
            write_text(path, before.body.decode())
        raise DisplacementError(
            f"Another machine changed the {register} meanwhile ({objects.address}/{name}), so nothing was changed. Run "
            "the command again."
        )
    write_text(seen, path.read_text(encoding="utf-8"))


def pull_added(settings: Settings) -> None:
    """Copy the claims and forecasts of all machines; this one's become theirs where the store has none yet."""
    for register in REGISTERS:
        with added(settings, register):
            pass


# --- one file ---------------------------------------------------------------------------------------------------------


def _whole_files(home: Path, patterns: Iterable[str]) -> dict[str, Path]:
    """Return the files that match, each by its name below the home, without those that are being written."""
    found = (path for pattern in patterns for path in home.glob(pattern))
    return {
        path.relative_to(home).as_posix(): path
        for path in found
        if path.is_file() and not path.name.startswith(".") and PARTIAL_SUFFIX not in path.name
    }


def _fetch(objects: Objects, key: str, path: Path, sha256: str) -> None:
    """Copy an object to a file, unless its content is not what its name promises."""
    with written_whole(path) as temporary:
        if not objects.fetch(key, temporary):
            raise DisplacementError(
                f"{objects.address}/{key} is missing. Copy it back from a machine or a backup that still has it."
            )
        if not sha256_of(temporary).startswith(sha256):
            raise DisplacementError(
                f"{objects.address}/{key} is damaged: its content is not what its name promises. Remove it; the next "
                "machine that has the file copies it there again."
            )


def _below(home: Path, name: str) -> Path:
    """Return the file of a home that an object names.

    Raises:
        DisplacementError: the name leads out of the home.
    """
    if name.startswith("/") or ".." in name.split("/"):
        raise DisplacementError(f"The store names a file outside of {home}: {name}. Nothing was copied.")
    return home / name
