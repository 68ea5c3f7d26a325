"""Releases whose addition is killed at a random moment: the ledger is the old one or the new one, and the next goes on.

Releases are taken in one after the other in processes of their own; what must stand after each is known from a
run that nobody disturbed.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from displacement.intake.model import Reading
from displacement.ledger import Ledger, sources
from displacement.ledger.add import add
from displacement.ledger.holds import start_empty
from displacement.settings import Settings
from displacement.storage.files import PARTIAL_SUFFIX
from tests.shipped import shipped_release, shipped_releases
from tests.torture.kills import Moment, Pace
from tests.torture.processes import PATIENCE, before_every_change, server

LAST = 4
"""Changes to the disk at the end of a merge that are close together."""

KILLS = 3
"""Times a merge is started to be killed before it is left alone."""


@dataclass(frozen=True)
class Course:
    """Releases to take in, in their order, what the ledger holds after each, and how long each takes undisturbed.

    What it holds is told by the checksum of its files; there is one stage more than releases, the empty ledger.
    """

    data: Path
    readings: tuple[Reading, ...]
    stages: tuple[str, ...]
    paces: tuple[Pace, ...]


def course(root: Path, data: Path, releases: int = 3) -> Course:
    """Take the newest releases of a ledger in, undisturbed, and return what came of it.

    They come newest first, so that each merge changes nearly every fact and judges the releases after it anew.
    """
    readings = tuple(shipped_release(day, root, data) for day in reversed(shipped_releases(data)[-releases:]))
    settings = Settings(home=root / "undisturbed", public=root / "public", data=data)
    start_empty(settings)
    stages, paces = [stage(settings)], []
    for reading in readings:
        notes = root / f"{reading.release}.pace"
        process = _started(settings, reading, 0, notes)
        process.join(PATIENCE)
        assert process.exitcode == 0, "an undisturbed merge failed"
        seconds, changes = notes.read_text(encoding="utf-8").split()
        paces.append(Pace(float(seconds), int(changes)))
        stages.append(stage(settings))
    return Course(data, readings, tuple(stages), tuple(paces))


def stage(settings: Settings) -> str:
    """Return a checksum of what the ledger holds, after comparing each file with its own."""
    digest = hashlib.sha256()
    for path in sources(Ledger.open(settings).directory):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def survive(course_: Course, root: Path, seed: int) -> str:
    """Kill one merge after the other at moments the seed says, until all releases are in; return what happened.

    Raises:
        AssertionError: the ledger was neither the old nor the new one, or something was left behind.
    """
    chance = random.Random(seed)
    settings = Settings(home=root / f"seed-{seed}", public=root / "public", data=course_.data)
    start_empty(settings)
    kills = {"old": 0, "new": 0}
    for number, reading in enumerate(course_.readings):
        before, after = course_.stages[number], course_.stages[number + 1]
        for attempt in range(KILLS + 1):
            is_killed = _merge(settings, reading, moment(chance, attempt, course_.paces[number]))
            found = stage(settings)
            assert found in (before, after), f"the ledger is neither the old nor the new one after {reading.release}"
            if is_killed:
                kills["new" if found == after else "old"] += 1
            if found == after:
                break
        add(settings, reading)  # once more, undisturbed: nothing happens
        assert stage(settings) == after, f"taking {reading.release} in again changed the ledger"
    _is_tidy(settings, course_.readings[-1])
    assert sum(kills.values()), "no merge was killed before it ended"
    return f"{sum(kills.values())} merges killed: {kills['old']} left the old ledger, {kills['new']} the new one"


def _is_tidy(settings: Settings, newest: Reading) -> None:
    """Check that nothing unfinished is left behind."""
    left = [path.name for path in settings.ledger_home.rglob(f".*{PARTIAL_SUFFIX}")]
    assert left == [], f"left behind: {left}"
    assert newest.release in Ledger.open(settings).releases()


def moment(chance: random.Random, attempt: int, pace: Pace) -> Moment | None:
    """Draw when a merge is killed; None leaves it alone, after so many attempts.

    Most moments are changes to the disk, the first of each release always, so that it is killed whatever the machine
    does meanwhile. Half of these are among the last, which come close together, where the version gets its name and is
    switched to. The others are drawn by the clock.
    """
    if attempt == KILLS:
        return None
    if attempt and chance.random() < 0.5:
        return Moment(seconds=chance.uniform(0, 1.2 * pace.seconds))
    first = pace.changes - LAST if chance.random() < 0.5 else 1
    return Moment(change=chance.randint(first, pace.changes))


def _merge(settings: Settings, reading: Reading, when: Moment | None) -> bool:
    """Take a release in, in a process of its own; return whether it was killed before it ended."""
    process = _started(settings, reading, when.change if when else 0)
    if when and not when.change:
        process.join(when.seconds)
        process.kill()
    process.join(PATIENCE)
    assert process.exitcode is not None, "the merge hangs"
    assert process.exitcode in (0, -signal.SIGKILL), f"the merge failed (exit code {process.exitcode})"
    return process.exitcode != 0


def _started(settings: Settings, reading: Reading, kill_at: int, notes: Path | None = None) -> BaseProcess:
    process: BaseProcess = server().Process(target=_take_in, args=(settings, reading, kill_at, notes))
    process.start()
    return process


def _take_in(settings: Settings, reading: Reading, kill_at: int, notes: Path | None) -> None:
    """Take a release in; die just before the change to the disk numbered `kill_at`, or note time and changes."""
    sys.dont_write_bytecode = True  # in a fresh checkout, compiled modules would count as changes of the merge
    count, begun = 0, time.monotonic()

    def look() -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    before_every_change(look)
    add(settings, reading)
    if notes:
        notes.write_text(f"{time.monotonic() - begun} {count}", encoding="utf-8")
