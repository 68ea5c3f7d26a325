"""What must hold whatever was killed: `public` shows a whole build, and the next build leaves nothing behind.

A check raises `AssertionError` with a sentence.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

import duckdb

from displacement.build.builds import LOCK
from displacement.build.manifest import KEPT_BUILDS, MANIFEST, Build, read_build
from displacement.storage.files import PARTIAL_SUFFIX, sha256_of
from tests.torture.processes import Place

TOTALS = "select forcibly_displaced from global_totals where reference_date = date '2025-12-31'"
FORCIBLY_DISPLACED = 117_830_238
"""What the embedded figures give for the end of 2025."""


def shown(place: Place) -> Build | None:
    """Return the build that `public` shows, whole to the last byte, or None where nothing is shown.

    A link that leads nowhere or to something without a manifest is a failure.
    """
    if not place.public.is_symlink() and not place.public.exists():
        return None
    return whole(place.public)


def whole(directory: Path) -> Build:
    """Return the build in a directory after comparing every file with the manifest, and reading the DuckDB file."""
    build = read_build(directory)
    assert build, f"{directory} has no readable manifest"
    there = {str(path.relative_to(build.directory)) for path in build.directory.rglob("*") if path.is_file()}
    assert there == {*build.files, MANIFEST}, f"{directory} does not hold what its manifest lists"
    for name, record in build.files.items():
        assert sha256_of(build.directory / name) == record["sha256"], f"{directory / name} is not what was published"
    with duckdb.connect(str(build.directory / "displacement.duckdb"), read_only=True) as connection:
        ids = connection.execute("select build_id from meta.build").fetchall()
        totals = connection.execute(TOTALS).fetchall()
    assert ids == [(build.build_id,)], f"{directory} holds the file of another build: {ids}"
    assert totals == [(FORCIBLY_DISPLACED,)], f"{directory} gives {totals} for the end of 2025"
    return build


def lock_is_free(place: Place) -> None:
    """See to it that nobody holds the right to build."""
    path = place.home / LOCK
    if not path.exists():
        return
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AssertionError("the lock is still held") from None


def half_made(place: Place) -> list[Path]:
    """Return whatever has the name of something unfinished, in `home` and beside `public`."""
    return sorted(path for path in place.root.rglob(f"*{PARTIAL_SUFFIX}*") if "says" not in path.parts)


def tidy(place: Place) -> None:
    """See to it that nothing unfinished is left, and that every build that is kept is whole."""
    left = half_made(place)
    assert not left, f"left behind: {', '.join(str(path) for path in left[:3])}"
    kept = list((place.home / "builds").iterdir())
    assert len(kept) <= KEPT_BUILDS + 1, f"{len(kept)} builds are kept"
    for directory in kept:
        whole(directory)
