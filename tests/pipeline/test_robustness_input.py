"""Bad input, interruption and a second build: one clear line, the right exit code, nothing lost, no traceback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from displacement.build.builds import LOCK
from tests.pipeline.test_robustness_disk import FORCED, one_line
from tests.torture import checks
from tests.torture.places import copied
from tests.torture.processes import Place, Running, run, start

pytestmark = pytest.mark.slow

TRIES = 3


@pytest.mark.parametrize("size", [0, 100, 6_000_000])
def test_a_damaged_published_file_is_one_line(original: Place, tmp_path: Path, size: int) -> None:
    place = Place(tmp_path)
    place.public.mkdir()
    shutil.copyfile(original.public / "displacement.duckdb", place.public / "displacement.duckdb")
    os.truncate(place.public / "displacement.duckdb", size)
    assert "displacement build" in one_line(run(place, "claims"), 1)


def test_damaged_shipped_data_is_one_line_and_the_published_build_stays(
    original: Place, tmp_path: Path, root: Path
) -> None:
    """The package is copied and one byte of it changed; the copy runs in an interpreter of its own."""
    place = copied(original, tmp_path / "place")
    before = checks.shown(place)
    package = tmp_path / "package"
    for part in ("src", "sql", "pipelines"):
        shutil.copytree(root / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
    damaged = package / "src" / "displacement" / "data" / "figures.parquet"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    ended = _in_a_new_interpreter(place, package / "src", package, words=FORCED)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"Error: The shipped data file {damaged} is damaged: ")
    assert ended.stderr.count("\n") == 1
    assert checks.shown(place) == before
    assert checks.half_made(place) == []


def _in_a_new_interpreter(place: Place, *paths: Path, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    program = "import sys; from displacement.cli.app import main; sys.argv[0] = 'displacement'; main()"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | place.environment
    environment["PYTHONPATH"] = os.pathsep.join(str(path) for path in paths)
    return subprocess.run(
        [sys.executable, "-c", program, *words], env=environment, cwd=place.root, capture_output=True, text=True
    )


# --- errors of the system that nothing below has named ----------------------------------------------------------------


def _full_disk_in_a_step() -> None:
    """Have a step fail as `shutil.copyfile` or a library does when the disk is full."""
    _fail_in_a_step(OSError(28, "No space left on device", "/somewhere/results.json"))


def _defect_in_a_step() -> None:
    _fail_in_a_step(ZeroDivisionError("division by zero"))


def _fail_in_a_step(error: Exception) -> None:
    from displacement.quality import results

    def fail(*_: object, **__: object) -> None:
        raise error

    results.write_text = fail  # type: ignore[assignment]


def _full_disk_at_once() -> None:
    """Have the run itself fail, before its first step: Dagster has no room for its own files."""
    import tempfile

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/tmp/dagster")

    tempfile.mkdtemp = fail  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("prepare", "file"),
    [(_full_disk_in_a_step, "/somewhere/results.json"), (_full_disk_at_once, "/tmp/dagster")],
)
def test_a_full_disk_met_anywhere_is_the_same_line(
    original: Place, tmp_path: Path, prepare: Callable[[], None], file: str
) -> None:
    place = copied(original, tmp_path)
    line = one_line(run(place, *FORCED, prepare=prepare), 1)
    assert line.startswith(f"Error: The disk is full: {file} could not be written. ")
    assert checks.half_made(place) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("OSError: [Errno 28] No space left on device: '/a/b'\n", "The disk is full: /a/b could not be written."),
        (
            "RuntimeError: OSError: [Errno 28] No space left on device\n",
            "The disk is full: /home could not be written.",
        ),
        ("OSError: [Errno 122] Disk quota exceeded: '/a' -> '/b'\n", "The disk is full: /a could not be written."),
        ("PermissionError: [Errno 13] Permission denied: '/a/b'\n", "Cannot write /a/b: Permission denied."),
    ],
)
def test_an_error_of_the_system_is_read_from_what_dagster_hands_on(text: str, says: str) -> None:
    from pipelines.running import of_the_disk

    assert str(of_the_disk(text, Path("/home"))).startswith(says)


@pytest.mark.parametrize("text", ["FileNotFoundError: [Errno 2] No such file: '/a'\n", "ValueError: [Errno 28] or so"])
def test_an_error_nobody_can_act_on_stays_a_defect(text: str) -> None:
    from pipelines.running import of_the_disk

    assert of_the_disk(text, Path("/home")) is None


def test_a_defect_is_shown_with_its_traceback(original: Place, tmp_path: Path) -> None:
    place = copied(original, tmp_path)
    failed = run(place, *FORCED, prepare=_defect_in_a_step)
    assert failed.process.exitcode == 1
    assert "ZeroDivisionError: division by zero" in failed.said()
    assert "still shows build" in failed.said()
    assert checks.half_made(place) == []


# --- two builds, and interruption -------------------------------------------------------------------------------------


def test_a_second_build_is_refused_while_the_first_goes_on_and_replaces_a_damaged_file(
    original: Place, tmp_path: Path
) -> None:
    place = copied(original, tmp_path)
    before = checks.shown(place)
    os.truncate(place.public / "displacement.duckdb", 6_000_000)
    held_before = (place.home / LOCK).read_text()
    first = start(place, "build", "--no-pictures", "--no-site")
    while (place.home / LOCK).read_text() in ("", held_before):
        assert not first.wait(0.02), first.said()
    refused = run(place, *FORCED)
    assert refused.process.exitcode == 1
    assert refused.said().splitlines()[-1].startswith(f"Error: Another build is running in {place.home} (run ")
    assert first.join() == 0
    assert first.said().endswith(" It is rebuilt.\n") and first.said().count("\n") == 1
    after = checks.shown(place)
    assert before and after and after.build_id != before.build_id
    checks.lock_is_free(place)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing_behind(original: Place, tmp_path: Path, number: signal.Signals) -> None:
    place = copied(original, tmp_path)
    for _ in range(TRIES):
        before = checks.shown(place)
        running = start(place, *FORCED)
        _until_begun(place, running)
        running.send(number)
        if running.join():
            break  # else it was met while an object was destroyed, where Python lets no exception out
    assert one_line(running, 130) == "Stopped. What was published before is untouched."
    assert checks.shown(place) == before
    assert checks.half_made(place) == []
    checks.lock_is_free(place)


def _until_begun(place: Place, running: Running) -> None:
    """Wait until a build has begun its directory."""
    while not list((place.home / "builds").glob("*.partial")):
        assert not running.wait(0.02), running.said()


@pytest.mark.parametrize("sql", ["from figures_history limit 50000", "select 1"])
def test_a_reader_that_stops_listening_sees_no_traceback(original: Place, root: Path, sql: str) -> None:
    program = "import sys; from displacement.cli.app import main; sys.argv[0] = 'displacement'; main()"
    environment = os.environ | original.environment | {"PYTHONPATH": f"{root / 'src'}"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, "query", sql, "--format", "csv"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stderr
    if "limit" in sql:
        process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.wait()
    process.stderr.close()
    assert said == ""
