"""A disk that is full and a directory that cannot be written: one clear line, nothing lost, nothing left behind.

The full disk is a real one: a small file system in memory, which only root may mount.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from displacement.build.manifest import Build
from tests.torture import checks
from tests.torture.places import copied
from tests.torture.processes import Place, Running, run, start

pytestmark = pytest.mark.slow

FORCED = ("build", "--no-pictures", "--no-site", "--force")
MORE = 64 * 1024 * 1024


@pytest.fixture
def small_disk(original: Place, tmp_path: Path) -> Iterator[Place]:
    """Return a place with a published build, on a disk of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = _bytes(original.root) * 2 + MORE
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield copied(original, disk)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _bytes(directory: Path) -> int:
    """Return what a directory takes on a disk with pages of 4 KB, a file of several names once."""
    sizes = {path.stat().st_ino: path.stat().st_size for path in directory.rglob("*") if path.is_file()}
    return sum(-(-size // 4096) * 4096 for size in sizes.values())


def _fill(place: Place, path: Path, leave: int = 0) -> None:
    """Fill the disk of a place but for `leave` bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    disk = os.statvfs(place.root)
    with path.open("wb", buffering=0) as stream:
        if leave:
            os.posix_fallocate(stream.fileno(), 0, disk.f_bavail * disk.f_frsize - leave)
            return
        with pytest.raises(OSError, match="No space left"):
            while True:
                stream.write(bytes(1 << 20))


@pytest.mark.parametrize("share", [0, 0.7])
def test_a_full_disk_is_one_line_and_loses_nothing(small_disk: Place, tmp_path: Path, share: float) -> None:
    """The disk has room for a share of the file only."""
    before = checks.shown(small_disk)
    _fill(
        small_disk, small_disk.root / "filler", int(share * (small_disk.public / "displacement.duckdb").stat().st_size)
    )
    failed = run(small_disk, *FORCED, says=tmp_path)
    _told_full(failed, small_disk, before)


def test_a_disk_that_fills_up_while_charts_are_written_is_one_line(small_disk: Place, tmp_path: Path) -> None:
    before = checks.shown(small_disk)
    running = start(small_disk, *FORCED, says=tmp_path)
    while not list(small_disk.home.glob("builds/*.partial/charts")):
        assert not running.wait(0.002), running.said()
    _fill(small_disk, small_disk.root / "filler")
    running.join()
    # Charts are written beside the CSV files: either may be the first that finds no room.
    assert f"{small_disk.home}/" in _told_full(running, small_disk, before)


def _told_full(failed: Running, place: Place, before: Build | None) -> str:
    """Return the line about a full disk, after seeing that nothing was lost and nothing left."""
    line = one_line(failed, 1)
    assert line.startswith("Error: The disk is full: ")
    assert before and f"still shows build {before.build_id}" in line
    assert checks.shown(place) == before
    assert checks.half_made(place) == []
    return line


def test_what_a_killed_build_left_is_removed_before_anything_is_written(small_disk: Place, tmp_path: Path) -> None:
    """A killed build may have filled the disk itself: the next one must not need room before it makes room."""
    before = checks.shown(small_disk)
    assert before
    left = small_disk.home / "builds" / "20200101T000000Z-00000000.partial" / "displacement.duckdb"
    _fill(small_disk, left)
    done = run(small_disk, *FORCED, says=tmp_path)
    assert (done.process.exitcode, done.said()) == (0, "")
    after = checks.shown(small_disk)
    assert after and after.build_id != before.build_id
    checks.tidy(small_disk)


# --- directories that cannot be written -------------------------------------------------------------------------------


def _without_privileges() -> None:
    """Give up what lets root write anywhere; root's own files stay root's, so that the interpreter can be read."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        version_3, this_process, nothing = 0x20080522, 0, (ctypes.c_uint32 * 6)()
        if libc.capset((ctypes.c_uint32 * 2)(version_3, this_process), nothing):
            raise OSError(ctypes.get_errno(), "capset")


def test_a_home_where_no_directory_can_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = run(Place(tmp_path), *FORCED, home=tmp_path / "file" / "var")
    assert one_line(failed, 1) == (
        f"Error: Cannot write {tmp_path}/file/var/build.lock: Not a directory. Choose a directory you may write to "
        "with DISPLACEMENT_HOME and DISPLACEMENT_PUBLIC (DISPLACEMENT_CACHE for the cache)."
    )
    failed = run(Place(tmp_path), *FORCED, home=Path("/proc/displacement"))
    assert one_line(failed, 1).startswith("Error: Cannot write /proc/displacement/build.lock: ")


@pytest.mark.parametrize("closed", ["var/builds", "home", "elsewhere"])
def test_a_directory_without_the_right_to_write_is_one_line(original: Place, tmp_path: Path, closed: str) -> None:
    if os.geteuid() == 0 and sys.platform != "linux":
        pytest.skip("root may write everywhere, and only Linux lets it give that up")
    place = copied(original, tmp_path / "place")
    before = checks.shown(place)
    directory = place.root / closed
    directory.mkdir(exist_ok=True)
    directory.chmod(0o555)
    elsewhere = {"home": directory / "var"} if closed == "home" else {}
    elsewhere |= {"public": directory / "public"} if closed == "elsewhere" else {}
    try:
        failed = run(place, *FORCED, prepare=_without_privileges, **elsewhere)
    finally:
        directory.chmod(0o755)
    line = one_line(failed, 1)
    assert str(directory) in line
    assert "Permission denied. Choose a directory you may write to" in line
    assert checks.shown(place) == before
    assert checks.half_made(place) == []


def test_a_public_that_is_somebody_elses_directory_is_not_touched(original: Place, tmp_path: Path) -> None:
    place = copied(original, tmp_path)
    place.public.unlink()
    place.public.mkdir()
    (place.public / "thesis.txt").write_text("mine", encoding="utf-8")
    failed = run(place, *FORCED)
    line = one_line(failed, 1)
    assert "did not make and will not replace, so nothing was built" in line
    assert [path.name for path in place.public.iterdir()] == ["thesis.txt"]
    assert checks.half_made(place) == []


def one_line(ended: Running, code: int) -> str:
    """Return the one line a failed command wrote, after seeing that it is one, with the right exit code."""
    said = ended.said()
    assert ended.process.exitcode == code, said
    assert ended.out() == ""
    assert said.endswith("\n") and said.count("\n") == 1, said
    assert "Traceback" not in said
    return said.removesuffix("\n")
