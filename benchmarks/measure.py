"""Run commands in turn, each in a process of its own, and say how long they took and how much memory they held.

What is run is not this module's business.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]

BYTECODE = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
"""What decides whether Python keeps the modules it has compiled."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and how its seconds are found: from the clock, or from what it prints about itself.

    `seconds_of` takes the standard output of a run that measured a part of its own work; `cpu_of` likewise.
    """

    words: Sequence[str]
    environment: Mapping[str, str]
    seconds_of: Callable[[str], float] | None = None
    cpu_of: Callable[[str], float] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds by the clock, the most bytes it held, what it printed, and seconds of all processors."""

    seconds: float
    peak_bytes: int
    output: str
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of one command."""

    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """The median."""
        return median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median of what all processors took together; 0 where that was not measured."""
        return median(run.cpu for run in self.runs)

    @property
    def spread(self) -> float:
        """Half of what lies between the fastest and the slowest run, as a share of the median."""
        taken = [run.seconds for run in self.runs]
        return (max(taken) - min(taken)) / 2 / self.seconds if self.seconds else 0.0

    @property
    def peak_bytes(self) -> int:
        """The most memory that any run held."""
        return max(run.peak_bytes for run in self.runs)

    @property
    def output(self) -> str:
        """What the last run printed."""
        return self.runs[-1].output


def environment(home: Path, *, bytecode: bool) -> dict[str, str]:
    """Return the environment of a trial: state under `home`, nothing of the user's own.

    Args:
        home: a directory for the trial.
        bytecode: whether compiled modules are kept and used, as is usual, or every process compiles all it imports.
    """
    left_out = ("DAGSTER_HOME", "DISPLACEMENT_DEBUG", "PICTURES", *BYTECODE)
    variables = {name: value for name, value in os.environ.items() if name not in left_out}
    if not bytecode:
        nothing = home / "no-bytecode"
        nothing.mkdir(parents=True, exist_ok=True)
        variables |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(nothing)}
    elif "PYTHONPYCACHEPREFIX" in os.environ:
        variables["PYTHONPYCACHEPREFIX"] = os.environ["PYTHONPYCACHEPREFIX"]
    return variables | {"DISPLACEMENT_HOME": str(home / "var"), "DISPLACEMENT_PUBLIC": str(home / "public")}


def told(name: str) -> Callable[[str], float]:
    """Return what finds a number, by its name, in the JSON that a program printed on its last line."""
    return lambda output: float(json.loads(output.splitlines()[-1])[name])


def alternate(commands: Mapping[str, Command], times: int) -> dict[str, Runs]:
    """Run all commands once to warm up, then `times` times in turn (A B C, A B C, …), and return their runs.

    In turn, so that whatever else the machine does falls on all of them.
    """
    for command in commands.values():
        run(command)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            found[name].append(run(command))
    return {name: Runs(tuple(runs)) for name, runs in found.items()}


def run(command: Command) -> Run:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; the message holds what it printed last.
    """
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=ROOT,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watch = _Memory(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        together = watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command.words)} ended with {process.returncode}:\n{printed[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    if command.seconds_of:
        seconds = command.seconds_of(printed)
        cpu = command.cpu_of(printed) if command.cpu_of else 0.0
    # what the system tells in the end holds what this process itself had when it started the other
    return Run(seconds, together or usage.ru_maxrss * _BYTES_OF_MAXRSS, printed, cpu)


class _Memory:
    """Looks ten times a second at what a process and those it started hold together, and at the most the first held.

    On Linux; elsewhere, and of a process that ends at once, it tells nothing.
    """

    def __init__(self, process: int) -> None:
        self._process, self._most, self._over = process, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Return the most bytes held at a time."""
        self._over.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            together = sum(_held(one) for one in _family(self._process))
            self._most = max(self._most, together, _told(self._process, "status", "VmHWM:"))


def _family(process: int) -> list[int]:
    """Return a process and all it started."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return [process]
    return [process, *(one for child in children for one in _family(int(child)))]


def _held(process: int) -> int:
    """Return the bytes a process holds, what it shares with others counted in part."""
    return _told(process, "smaps_rollup", "Pss:")


def _told(process: int, file: str, name: str) -> int:
    """Return a number of bytes that Linux tells of a process."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
