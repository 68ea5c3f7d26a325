"""Builds in processes of their own that start at once: forked from a server that has imported everything already.

They are whole processes, with a process group each, and can be killed like any other.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

IMPORTED = (
    "pipelines.run",
    "displacement.charts.export",
    "displacement.query.published",
    "displacement.site",
    "great_expectations",
    "pandas",
    "plotly.graph_objects",
    "sqlglot.lineage",
    "typer.rich_utils",
    "tests.torture.processes",
)
"""What the server imports before it forks. It opens no database and starts no build."""

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate", "shutil.copyfile"})
"""Audit events of the interpreter that come just before something on the disk changes; opening to write is another."""

PATIENCE = 240
"""Seconds after which a process counts as hanging."""


@dataclass(frozen=True)
class Place:
    """The directories of one installation in a test, and what its programs say."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "var"

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def environment(self) -> dict[str, str]:
        return {"DISPLACEMENT_HOME": str(self.home), "DISPLACEMENT_PUBLIC": str(self.public)}


@dataclass
class Running:
    """A process of the command `displacement`, alone in its process group."""

    process: BaseProcess
    says: Path

    def join(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; return the exit code, negative for the signal that ended it."""
        self.process.join(seconds)
        code = self.process.exitcode
        if code is None:
            self.kill()
            raise AssertionError(f"the process hangs; it said: {self.said()}")
        return code

    def wait(self, seconds: float) -> bool:
        """Wait that long; return whether the process has ended."""
        self.process.join(seconds)
        return self.process.exitcode is not None

    def send(self, number: int) -> None:
        """Send a signal to the process alone."""
        os.kill(self.process.pid or 0, number)

    def kill(self) -> int:
        """Kill the process and all it started; return the exit code."""
        try:
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended, or not become a group of its own yet
        self.process.kill()
        self.process.join()
        return self.process.exitcode or 0

    def out(self) -> str:
        """Return what it wrote to standard output, but for the odd figures that every build reports there."""
        return self._without_odd("out")

    def said(self) -> str:
        """Return what it wrote to standard error, but for the odd figures, which beside JSON are there."""
        return self._without_odd("err")

    def _without_odd(self, stream: str) -> str:
        text = (self.says / stream).read_text(encoding="utf-8")
        return re.sub(r"(?m)^Odd among the figures of the newest date: .*\n(?:  .*\n)*", "", text)


@cache
def server() -> ForkServerContext:
    """Return the context whose processes are forked from the server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    return context


def start(
    place: Place,
    *words: str,
    prepare: Callable[[], None] | None = None,
    kill_at: int = 0,
    says: Path | None = None,
    **variables: Path | None,
) -> Running:
    """Start `displacement` with `words`.

    Args:
        place: where it builds.
        words: the arguments of the command.
        prepare: called in the process before it begins, such as to give up rights.
        kill_at: the change to the disk, counted from 1, just before which the process kills itself; 0 for none.
        says: where what it says is kept; in the place unless given.
        variables: what `DISPLACEMENT_<NAME>` says in place of the place's own directories.
    """
    notes = (says or place.root) / "says" / f"{time.monotonic_ns()}"
    notes.mkdir(parents=True)
    own = {f"DISPLACEMENT_{name.upper()}": str(path) for name, path in variables.items() if path}
    process = server().Process(
        target=_displacement, args=(words, place.environment | own, str(notes), prepare, kill_at)
    )
    process.start()
    return Running(process, notes)


def run(
    place: Place,
    *words: str,
    prepare: Callable[[], None] | None = None,
    says: Path | None = None,
    **variables: Path | None,
) -> Running:
    """Start `displacement` as `start` does, and wait until it ends."""
    running = start(place, *words, prepare=prepare, says=says, **variables)
    running.join()
    return running


def changes_made(running: Running) -> int:
    """Return how many changes to the disk a process announced before it ended well."""
    return int((running.says / "changes").read_text(encoding="utf-8"))


def _displacement(
    words: tuple[str, ...],
    environment: dict[str, str],
    says: str,
    prepare: Callable[[], None] | None,
    kill_at: int,
) -> None:
    """Be the command `displacement`: its arguments, environment, streams and exit code."""
    os.setsid()
    multiprocessing.set_start_method("fork", force=True)  # whatever the server was told is no business of the command
    for name in [name for name in os.environ if name.startswith(("DISPLACEMENT_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ.update(environment)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    sys.dont_write_bytecode = True
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{says}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    changed = _count_changes(kill_at)
    if prepare:
        prepare()
    sys.argv = ["displacement", *words]
    import displacement.cli.app

    sys.modules[
        "__main__"
    ].__file__ = displacement.cli.app.__file__  # else DuckDB takes the process for a terminal session

    try:
        displacement.cli.app.main()
    finally:
        changes = changed()
        if os.access(says, os.W_OK):  # it may have given up its rights
            Path(says, "changes").write_text(str(changes), encoding="utf-8")


def _count_changes(kill_at: int) -> Callable[[], int]:
    """Count changes to the disk from now on; die at once just before the one numbered `kill_at`."""
    count = 0

    def look() -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.killpg(0, signal.SIGKILL)

    before_every_change(look)
    return lambda: count


def before_every_change(look: Callable[[], None]) -> None:
    """Call `look` just before this process changes something on the disk, from now until it ends."""
    looking = False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal looking
        if looking or (event not in CHANGES and not (event == "open" and _is_to_write(arguments))):
            return
        looking = True
        try:
            look()
        finally:
            looking = False

    sys.addaudithook(hook)


def _is_to_write(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
