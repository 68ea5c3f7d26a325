"""A build that is killed at a random moment, and the build after it."""

from __future__ import annotations

import random
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from displacement.build.manifest import Build
from tests.torture import checks
from tests.torture.processes import Place, changes_made, run, start

BUILD = ("build", "--no-pictures", "--no-site", "--force")
FRESH_EVERY = 10
"""One seed in so many kills the very first build of a place, where nothing was published before."""

LAST_PART = 0.7
"""From here on, as a share of a build's duration, the file, the downloads, the charts and the switch are made."""

TRIES = 5


@dataclass(frozen=True)
class Pace:
    """How long an undisturbed build takes, and how many changes to the disk it announces."""

    seconds: float
    changes: int


@dataclass(frozen=True)
class Moment:
    """When a build is killed: after so many seconds, or just before its n-th change to the disk."""

    seconds: float = 0
    change: int = 0

    def __str__(self) -> str:
        return f"before change {self.change:>3}" if self.change else f"after {self.seconds:>5.2f} s    "


@dataclass
class Lane:
    """A place in which builds are killed one after the other, and the pace of its newest undisturbed build."""

    place: Place
    pace: Pace


def open_lane(root: Path) -> Lane:
    """Make a first build in a new place, and take its time."""
    root.mkdir(parents=True)
    place = Place(root)
    pace = _build(place)
    checks.whole(place.public)
    return Lane(place, pace)


def _build(place: Place) -> Pace:
    begun = time.monotonic()
    running = run(place, *BUILD)
    assert running.process.exitcode == 0, f"an undisturbed build failed: {running.said()}"
    assert running.said() == "", f"an undisturbed build complained: {running.said()}"
    return Pace(time.monotonic() - begun, changes_made(running))


def moment(chance: random.Random, seed: int, pace: Pace) -> Moment:
    """Draw a moment, half of them in the last part of a build: by the clock, and at a change to the disk."""
    share = chance.uniform(LAST_PART if seed % 2 else 0, 1)
    if seed % 4 < 2:
        return Moment(seconds=share * pace.seconds)
    return Moment(change=max(1, round(share * pace.changes)))


def survive(lane: Lane, seed: int) -> str:
    """Kill a build at the moment the seed says, check what stands, build again; return what happened in a line.

    Raises:
        AssertionError: something was broken, lost or left behind.
    """
    place = lane.place
    if seed % FRESH_EVERY == 0:
        shutil.rmtree(place.home)
        place.public.unlink()
    when, before = _kill(lane, seed)
    after = checks.shown(place)
    assert after or not before, "public shows nothing any more"
    phase = _phase(place, before.build_id if before else None, after.build_id if after else None)
    checks.lock_is_free(place)
    lane.pace = _build(place)
    again = checks.shown(place)
    assert again and again.build_id not in (before and before.build_id, after and after.build_id), (
        "nothing new is shown"
    )
    checks.tidy(place)
    checks.lock_is_free(place)
    return f"killed {when}  {phase}"


def _kill(lane: Lane, seed: int) -> tuple[Moment, Build | None]:
    """Start builds until one is killed before it ends; return when it was, and the build on show before it began."""
    chance, pace = random.Random(seed), lane.pace
    for _ in range(TRIES):
        when, before = moment(chance, seed, pace), checks.shown(lane.place)
        begun, running = time.monotonic(), start(lane.place, *BUILD, kill_at=when.change)
        code = running.join() if when.change or running.wait(when.seconds) else running.kill()
        if code == -signal.SIGKILL:
            return when, before
        assert code == 0, f"the build failed before it was killed: {running.said()}"
        took = time.monotonic() - begun  # the machine may be three times as quick as when the pace was taken
        pace = Pace(min(took, pace.seconds) * 0.9, pace.changes - 10)
    raise AssertionError(f"no build could be killed in {TRIES} tries: all had ended")


def _phase(place: Place, before: str | None, after: str | None) -> str:
    """Return how far the killed build had come, as the disk tells."""
    builds = place.home / "builds"
    names = sorted(path.name for path in builds.iterdir()) if builds.is_dir() else []
    if after != before:
        return "switched, not yet tidy" if checks.half_made(place) else "switched"
    if names and not names[-1].endswith(".partial") and names[-1] != before:
        return "whole, not yet shown"
    making = [name for name in names if name.endswith(".partial")]
    if not making:
        return "nothing made yet"
    inside = {path.name for path in (builds / making[-1]).iterdir()}
    for name, says in (("index.html", "manifest"), ("charts", "charts"), ("data", "downloads"), ("quality", "report")):
        if name in inside:
            return says
    return "file" if "displacement.duckdb" in inside else "checks"
