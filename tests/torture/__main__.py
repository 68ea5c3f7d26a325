"""Kill builds and merges at random moments: `python -m tests.torture --help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.shipped import SHIPPED
from tests.torture import ledger
from tests.torture.kills import open_lane, survive


def main() -> int:
    """Run the seeds, print a line for each and one at the end; return 1 when something failed."""
    wanted = _arguments()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="displacement-") as root, ThreadPoolExecutor(wanted.lanes) as pool:
        lanes = [Path(root, f"lane-{lane}") for lane in range(wanted.lanes)]
        failures = sum(pool.map(_run_lane, lanes, _shares(wanted.first, wanted.seeds, wanted.lanes)))
        course = ledger.course(Path(root), SHIPPED) if wanted.merges else None

        def merges(lane: Path, seeds: Iterable[int]) -> int:
            return sum(_is_failure(seed, lambda seed=seed: ledger.survive(course, lane, seed)) for seed in seeds)

        failures += sum(pool.map(merges, lanes, _shares(wanted.first, wanted.merges, wanted.lanes)))
    minutes = (time.monotonic() - begun) / 60
    what = f"{wanted.seeds} builds killed, {wanted.merges} courses of merges"
    print(f"{what}, {failures} failures, {minutes:.1f} minutes")
    return 1 if failures else 0


def _shares(first: int, count: int, lanes: int) -> list[range]:
    """Return the seeds of each lane."""
    return [range(first, first + count)[lane::lanes] for lane in range(lanes)]


def _is_failure(seed: int, run: Callable[[], str]) -> bool:
    """Run a seed, print what came of it, and say whether it failed."""
    try:
        print(f"seed {seed:>3}  {run()}", flush=True)
    except AssertionError as error:
        print(f"seed {seed:>3}  FAILED: {error}", flush=True)
        return True
    return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Kill builds and merges.")
    parser.add_argument("--seeds", type=int, default=50, help="how many builds are killed (50)")
    parser.add_argument(
        "--merges", type=int, default=12, help="how many times three merges are killed, again and again"
    )
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="how many at a time (one a processor)")
    return parser.parse_args()


def _run_lane(root: Path, seeds: Iterable[int]) -> int:
    """Run seeds one after the other in a place of their own; return how many failed."""
    lane, failures = open_lane(root / "0"), 0
    for seed in seeds:
        if _is_failure(seed, lambda seed=seed, lane=lane: survive(lane, seed)):
            failures += 1
            lane = open_lane(root / f"after-{seed}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
