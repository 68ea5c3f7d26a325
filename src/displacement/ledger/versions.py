"""Versions of the ledger on disk: each a directory of its own, written whole and then switched to.

`home/ledger/current` names the version on show; where there is none, the figures that came with the program are the
ledger. The versions before stay as backups. Where they lie, that they are whole, and that one process writes at a
time is this module's business; what their files say is not. Where machines share a store, the version that stands is
decided there (`store.versions`), and what is here follows it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.files import PARTIAL_SUFFIX, sha256_of, unwritable

if TYPE_CHECKING:
    from displacement.ledger.shared import SharedLedger
    from displacement.settings import Settings

FORMAT = 1
"""Version of the form a ledger has on disk; a ledger of a newer one is refused."""

MANIFEST = "ledger.toml"
CURRENT = "current"
LOCK = "lock"
KEPT = 5
"""Versions that stay: the one on show and those one can return to."""

KEPT_SECONDS = 3600
"""A version younger than this stays in any case: somebody may be reading it."""

PATIENCE = 60.0
"""Seconds to wait for another process that is writing."""

T = TypeVar("T")
_NAME = re.compile(r"(?P<number>\d+)-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version says about itself.

    Attributes:
        follows_program: whether releases that a newer program brings along are taken in.
        base: the datasets of each release that came with the program: taken in as they are, never judged.
        files: the SHA-256 of every file, by its name.
    """

    follows_program: bool
    base: Mapping[str, tuple[str, ...]]
    files: Mapping[str, str]


# --- where versions are -----------------------------------------------------------------------------------------------


def versions(settings: Settings) -> list[Path]:
    """Return the directories of all whole versions, oldest first."""
    found = settings.ledger_home / "versions"
    there = [path for path in found.iterdir() if _NAME.fullmatch(path.name)] if found.is_dir() else []
    return sorted(there, key=_number)


def on_show(settings: Settings) -> Path:
    """Return the directory of the ledger that stands now: a version, or the data that came with the program.

    Raises:
        DisplacementError: the version on show is not there.
    """
    try:
        name = (settings.ledger_home / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return settings.data
    directory = settings.ledger_home / "versions" / name
    if not _NAME.fullmatch(name) or not directory.is_dir():
        raise DisplacementError(
            f"The version {name or '(none)'} that {settings.ledger_home / CURRENT} names is not there. "
            f"{how_to_return(settings, directory)}"
        )
    return directory


def pinned(settings: Settings) -> Settings:
    """Return the settings bound to the version on show, so that one run never mixes two.

    Releases that a newer program brought along and the ledger lacks are taken in first.

    Raises:
        DisplacementError: the ledger is damaged, or of a newer format.
    """
    if settings.ledger is not None:
        return settings
    if shared := _shared(settings):
        shared.follow(lambda: _only_writer(settings), lambda name: _switch(settings, name))
    directory = on_show(settings)
    if directory != settings.data:
        from displacement.ledger.upgrade import catch_up

        directory = catch_up(settings, directory)
    return replace(settings, ledger=directory)


def return_to(settings: Settings, name: str) -> Path:
    """Show another version again, such as the one before; return its directory. Nothing is removed.

    Raises:
        WrongUseError: there is no such version; the message lists those there are.
        DisplacementError: it is damaged.
    """
    with _only_writer(settings):
        if shared := _shared(settings):
            shared.follow(nullcontext, lambda current: _switch(settings, current))
            shared.bring(name)
        wanted = [path for path in versions(settings) if path.name == name]
        if not wanted:
            listed = ", ".join(path.name for path in versions(settings)) or "none"
            raise WrongUseError(f"The ledger has no version {name}. Versions: {listed}.")
        verify(settings, wanted[0])
        if shared:
            shared.share(name, wanted[0], newest)
        _switch(settings, name)
    return wanted[0]


def newest(names: Iterable[str]) -> set[str]:
    """Return the names of the versions that stay among those there are."""
    return set(sorted(names, key=_number)[-KEPT:])


def again_if_overtaken(settings: Settings, work: Callable[[], T]) -> T:
    """Return what a change to the ledger came to, made again on top of what others wrote to a shared one meanwhile."""
    if settings.store is None:
        return work()
    from displacement.ledger.shared import again

    return again(work)


def sources(directory: Path) -> list[Path]:
    """Return the files of a version that models read."""
    return [path for path in sorted(directory.iterdir()) if path.suffix in (".parquet", ".csv")]


def how_to_return(settings: Settings, directory: Path) -> str:
    """Return the sentence that says how to return to a version before the one in a directory."""
    before = [path for path in versions(settings) if path.name != directory.name]
    if not before:
        return (
            f"There is no version before it. Move {settings.ledger_home} away to go on with the figures that came "
            "with the program, and fetch the releases after them again."
        )
    return f"To return to a version before it, write {before[-1].name} into {settings.ledger_home / CURRENT}."


def _number(path: Path | str) -> int:
    return int(Path(path).name.partition("-")[0])


def _shared(settings: Settings) -> SharedLedger | None:
    if settings.store is None:
        return None
    from displacement.ledger.shared import SharedLedger

    return SharedLedger(settings.store, settings.ledger_home)


# --- whether a version is whole ---------------------------------------------------------------------------------------


def verify(settings: Settings, directory: Path) -> Manifest:
    """Return what a version says about itself, after comparing the bytes of all its files with their checksums.

    Raises:
        DisplacementError: a file is missing, damaged, or of a newer format.
    """
    manifest = read_manifest(settings, directory)
    for name, sha256 in manifest.files.items():
        path = directory / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise _damaged(settings, directory, f"{path} cannot be read ({error.strerror})") from error
        if found != sha256:
            raise _damaged(
                settings, directory, f"{path} has the checksum {found[:12]}…, the record says {sha256[:12]}…"
            )
    return manifest


def read_manifest(settings: Settings, directory: Path) -> Manifest:
    """Return what a version says about itself.

    Raises:
        DisplacementError: it cannot be read, or its format is newer than this program.
    """
    path = directory / MANIFEST
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise DisplacementError(
                f"The ledger in {directory} has format {said['format']}; this program knows formats up to {FORMAT}. "
                f"Install the version of displacement that wrote it. {how_to_return(settings, directory)}"
            )
        return Manifest(bool(said["follows_program"]), _base(said["base"]), dict(said["files"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(settings, directory, f"{path} cannot be read ({error})") from error


def _damaged(settings: Settings, directory: Path, what: str) -> DisplacementError:
    return DisplacementError(
        f"The ledger is damaged: {what}. Nothing was made from it. {how_to_return(settings, directory)}"
    )


# --- writing a version ------------------------------------------------------------------------------------------------


class Draft:
    """A version in the making, beside the ledger it goes on from."""

    def __init__(self, settings: Settings, previous: Path, directory: Path, shared: SharedLedger | None = None) -> None:
        """Bind an empty directory to the ledger before it."""
        self._settings = settings
        self._shared = shared
        self.previous = previous
        self.directory = directory

    def path(self, name: str) -> Path:
        """Return where a file of the version is to be written."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        return path

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the version."""
        self.path(name).write_text(text, encoding="utf-8")

    def take(self, source: Path, name: str) -> None:
        """Take a file over as it is: one of an earlier version without copying it, since none is ever edited."""
        target = self.path(name)
        if source.is_relative_to(self._settings.ledger_home):
            os.link(source, target)
        else:
            shutil.copyfile(source, target)

    def finish(self, *, follows_program: bool, base: Mapping[str, tuple[str, ...]]) -> Path:
        """Seal the version and switch to it, unless it holds what the one before holds; return what is on show.

        Raises:
            OvertakenError: another machine wrote to a shared ledger meanwhile, so nothing of this one stands.
        """
        names = sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*") if path.is_file())
        files = {name: sha256_of(self.directory / name) for name in names}
        text = _manifest_text(follows_program, base, files)
        if (self.previous / MANIFEST).exists() and (self.previous / MANIFEST).read_text(encoding="utf-8") == text:
            return self.previous
        self.write_text(MANIFEST, text)
        _reach_the_disk(self.directory)
        there = [path.name for path in versions(self._settings)]
        if self._shared:
            there = [*self._shared.names()]  # the same number on every machine
        number = max((_number(name) for name in there), default=0) + 1
        name = f"{number}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        if self._shared:
            self._shared.share(name, self.directory, newest)
        final = self.directory.with_name(name)
        os.replace(self.directory, final)
        _switch(self._settings, name)
        _prune(self._settings)
        return final


@contextmanager
def writing(settings: Settings, *, anew: bool = False) -> Iterator[Draft]:
    """Yield a draft of the next version while no other process may write; remove what of it was not finished.

    Args:
        settings: where the ledger is.
        anew: the ledger on show may be damaged or not there: the draft does not go on from it.

    Raises:
        DisplacementError: another process is writing and does not end, the ledger on show is damaged, or the disk
            cannot be written.
    """
    directory = settings.ledger_home / "versions" / f".next.{os.getpid()}{PARTIAL_SUFFIX}"
    with _only_writer(settings):
        if shared := _shared(settings):
            shared.follow(nullcontext, lambda name: _switch(settings, name))
        previous = settings.data if anew else on_show(settings)
        if previous != settings.data:
            verify(settings, previous)
        try:
            _tidy(settings)
            directory.mkdir(parents=True)
            yield Draft(settings, previous, directory, shared)
        except OSError as error:
            raise unwritable(Path(error.filename or directory), error) from error
        finally:
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _only_writer(settings: Settings) -> Iterator[None]:
    path = settings.ledger_home / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a")
    except OSError as error:
        raise unwritable(path, error) from error
    with stream:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DisplacementError(
                        f"Another process has been writing the ledger in {settings.ledger_home} for over "
                        f"{PATIENCE:.0f} seconds. Wait until it is done, and run the command again."
                    ) from None
                time.sleep(0.05)
        yield


def _base(said: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {release: tuple(datasets) for release, datasets in said.items()}


def _manifest_text(follows_program: bool, base: Mapping[str, tuple[str, ...]], files: Mapping[str, str]) -> str:
    came = {release: ", ".join(f'"{dataset}"' for dataset in base[release]) for release in sorted(base)}
    lines = [
        "# A version of the ledger, and the checksums its files are compared with before they are read.",
        f"format = {FORMAT}",
        "# Whether releases that a newer program brings along are taken in.",
        f"follows_program = {'true' if follows_program else 'false'}",
        "",
        "# Datasets of releases that came with the program: taken in as they are, never judged.",
        "[base]",
        *(f'"{release}" = [{datasets}]' for release, datasets in came.items()),
        "",
        "[files]",
        *(f'"{name}" = "{sha256}"' for name, sha256 in files.items()),
    ]
    return "\n".join(lines) + "\n"


def _reach_the_disk(directory: Path) -> None:
    """Wait until all files of a directory are on the disk: what cannot be fetched again must outlive a power cut."""
    for path in (*directory.rglob("*"), directory):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _switch(settings: Settings, name: str) -> None:
    # The unfinished name lies among the versions, where no build that tidies up looks for what it left.
    temporary = settings.ledger_home / "versions" / f".{CURRENT}.{os.getpid()}{PARTIAL_SUFFIX}"
    temporary.write_text(name + "\n", encoding="utf-8")
    _reach_the_disk(temporary)
    os.replace(temporary, settings.ledger_home / CURRENT)
    _reach_the_disk(settings.ledger_home / CURRENT)


def _tidy(settings: Settings) -> None:
    """Remove what a killed process left unfinished. Call it only as the one writer."""
    for path in (settings.ledger_home / "versions").glob(f".*{PARTIAL_SUFFIX}"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _prune(settings: Settings) -> None:
    """Remove versions that are too old to return to."""
    shown = on_show(settings)
    stay = newest(path.name for path in versions(settings))
    for path in versions(settings):
        if path.name not in stay and path != shown and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            doomed = path.with_name(f".{path.name}{PARTIAL_SUFFIX}")
            os.replace(path, doomed)
            shutil.rmtree(doomed, ignore_errors=True)
