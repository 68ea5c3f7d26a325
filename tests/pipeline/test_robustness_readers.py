"""Readers are never blocked and never see two builds mixed, however often a build is published."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pytest

from displacement.build import builds as publication
from displacement.build import publish
from displacement.build.manifest import KEPT_BUILDS, Build
from displacement.settings import Settings
from displacement.storage.files import PARTIAL_SUFFIX
from tests.torture.places import STAMPED_FILES, another, copied, ids_in, manifest_of, settings_of
from tests.torture.processes import Place, before_every_change, run, server

PUBLISHED = 20
WHOLE_TABLE = "select count(*), sum(value), max(origin::varchar || asylum::varchar) from figures_history"
ENOUGH = 5
"""Readings of each reader that count as having watched."""


@pytest.fixture
def place(original: Place, tmp_path: Path) -> Place:
    return copied(original, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_readers_see_one_whole_build_or_another_while_twenty_are_published(place: Place, tmp_path: Path) -> None:
    settings = settings_of(place)
    build = publication.published(settings)
    assert build
    publish.publish(settings, another(settings, build, 0))
    with _reading(place.public, tmp_path) as readers:
        for number in range(1, PUBLISHED + 1):
            build = another(settings, build, number)
            publish.publish(settings, build)
        _wait_for(readers)
    seen: set[str] = set()
    for reader in readers:
        assert reader.failures() == []
        assert len(reader.readings()) >= ENOUGH
        seen |= set(reader.readings())
    assert len(seen) > ENOUGH, "the readers saw hardly any of the builds: nothing was shown by this test"
    shown = publication.published(settings)
    assert shown and shown.build_id.endswith(f"{PUBLISHED:08d}")
    assert len(publication.builds(settings)) == KEPT_BUILDS
    assert not list(place.root.rglob(f"*{PARTIAL_SUFFIX}"))


def test_a_file_held_open_answers_on_after_its_build_was_removed(place: Place) -> None:
    settings = settings_of(place)
    build = publication.published(settings)
    assert build
    with duckdb.connect(str(build.directory / "displacement.duckdb"), read_only=True) as connection:
        expected = connection.execute(WHOLE_TABLE).fetchall()
    build = first = another(settings, build, 1)
    publish.publish(settings, first)
    with duckdb.connect(str(place.public / "displacement.duckdb"), read_only=True) as held:
        for number in range(2, 2 + KEPT_BUILDS):
            build = another(settings, build, number)
            publish.publish(settings, build)
        assert not first.directory.exists()
        assert ids_in(held) == {first.build_id}
        assert held.execute(WHOLE_TABLE).fetchall() == expected


@pytest.mark.slow
@pytest.mark.parametrize("words", [("publish",), ("rollback",)])
def test_public_shows_a_whole_build_before_every_change_to_the_disk(
    place: Place, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A gap of microseconds is too short for readers to fall into by chance, so each moment is looked at."""
    settings = settings_of(place)
    build = publication.published(settings)
    assert build
    for number in range(1, KEPT_BUILDS + 3):
        build = another(settings, build, number)
        if words == ("rollback",):
            publish.publish(settings, build)
    notes = tmp_path / "moments.txt"
    done = run(place, *words, prepare=partial(_look_before_every_change, place.public, notes))
    assert done.process.exitcode == 0, done.said()
    moments = notes.read_text(encoding="utf-8").splitlines()
    assert len(moments) > 1
    assert set(moments) == {"whole"}


def _look_before_every_change(public: Path, notes: Path) -> None:
    """Note before each change that this process makes whether `public` leads to a whole build."""
    stream = os.open(notes, os.O_WRONLY | os.O_CREAT)

    def look() -> None:
        build = publication.read_build(public)
        is_whole = build and all((public / name).exists() for name in build.files)
        os.write(stream, b"whole\n" if is_whole else b"broken\n")

    before_every_change(look)


# --- readers ----------------------------------------------------------------------------------------------------------


class Reader:
    """A process that reads `public` over and over, and the file in which it notes what it saw."""

    def __init__(self, kind: str, public: Path, directory: Path) -> None:
        self.notes = directory / f"{kind}.txt"
        self.notes.touch()
        self.process: BaseProcess = server().Process(target=_read_on, args=(kind, str(public), str(self.notes)))
        self.process.start()

    def readings(self) -> list[str]:
        """Return the build of each reading."""
        return [line for line in self._lines() if not line.startswith("FAILED")]

    def failures(self) -> list[str]:
        return [line for line in self._lines() if line.startswith("FAILED")]

    def _lines(self) -> list[str]:
        return self.notes.read_text(encoding="utf-8").splitlines()


@contextmanager
def _reading(public: Path, directory: Path) -> Iterator[list[Reader]]:
    """Have each kind of reader read while the block runs."""
    readers = [Reader(kind, public, directory) for kind in KINDS]
    try:
        while not all(reader.readings() or reader.failures() for reader in readers):
            time.sleep(0.05)
        yield readers
    finally:
        for reader in readers:
            reader.process.kill()  # Dagster maps SIGTERM to SIGINT, which jobs in the background ignore
            reader.process.join()


def _wait_for(readers: list[Reader]) -> None:
    until = time.monotonic() + 30
    while any(len(reader.readings()) < ENOUGH for reader in readers) and time.monotonic() < until:
        time.sleep(0.05)


def _by_the_link(public: Path) -> set[str]:
    """Open the file by the link each time."""
    with duckdb.connect(str(public / "displacement.duckdb"), read_only=True) as connection:
        return ids_in(connection)


def _several_files(public: Path) -> set[str]:
    """Follow the link once, then read several files of that build."""
    directory = public.resolve()
    identity = manifest_of(directory)["identity"]
    assert isinstance(identity, dict)
    with duckdb.connect(str(directory / "displacement.duckdb"), read_only=True) as connection:
        ids = ids_in(connection)
    texts = {(directory / name).read_text(encoding="utf-8") for name in STAMPED_FILES}
    return {identity["build_id"], *ids, *texts}


def _held_open(public: Path) -> set[str]:
    """Keep the file open and ask it again."""
    with duckdb.connect(str(public / "displacement.duckdb"), read_only=True) as connection:
        ids = ids_in(connection)
        time.sleep(0.3)
        return ids | ids_in(connection)


def _as_the_command_does(public: Path) -> set[str]:
    """Open it as `displacement query` does."""
    from displacement.query.published import open_published

    with open_published(public) as connection:
        return ids_in(connection)


KINDS = {
    "by-the-link": _by_the_link,
    "several-files": _several_files,
    "held-open": _held_open,
    "as-the-command": _as_the_command_does,
}


def _read_on(kind: str, public: str, notes: str) -> None:
    """Read until killed; note one build a reading, or what went wrong."""
    with Path(notes).open("a", encoding="utf-8", buffering=1) as stream:
        while True:
            try:
                ids = KINDS[kind](Path(public))
                line = ids.pop() if len(ids) == 1 else f"FAILED: two builds mixed: {sorted(ids)}"
            except Exception as error:
                line = f"FAILED: {type(error).__name__}: {str(error).splitlines()[0]}"
            stream.write(f"{line}\n")


# --- removing old builds ----------------------------------------------------------------------------------------------


def _as_many_as_are_kept(place: Place) -> tuple[Settings, list[Build]]:
    settings = settings_of(place)
    real = publication.published(settings)
    assert real
    return settings, [another(settings, real, number) for number in range(1, KEPT_BUILDS + 1)]


def test_an_old_build_whose_removal_was_cut_short_is_not_taken_for_whole(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, made = _as_many_as_are_kept(place)
    _die_removing(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        publish.publish(settings, made[-1])
    monkeypatch.undo()
    assert [build.build_id for build in publication.builds(settings)] == [build.build_id for build in made]
    publication.tidy(settings)
    assert sorted(path.name for path in settings.builds.iterdir()) == [build.build_id for build in made]


def _die_removing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the removal of a directory stop after its first file, as if the process were killed there."""

    def removed(directory: Path, *_: object, **__: object) -> None:
        next(path for path in sorted(Path(directory).rglob("*")) if path.is_file()).unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("displacement.build.publish.shutil.rmtree", removed)


def test_a_build_that_cannot_be_removed_does_not_spoil_the_published_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, made = _as_many_as_are_kept(place)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("displacement.build.publish.os.rmdir", refuse)
    monkeypatch.setattr("os.rmdir", refuse)
    publish.publish(settings, made[-1])
    shown = publication.published(settings)
    assert shown and shown.build_id == made[-1].build_id
