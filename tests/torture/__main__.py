"""Kill builds at random moments: `python -m tests.torture [--seeds N] [--first S] [--lanes L]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.torture.kills import open_lane, survive


def main() -> int:
    """Run the seeds, print a line for each and one at the end; return 1 when something failed."""
    wanted = _arguments()
    begun = time.monotonic()
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    shares = [seeds[lane :: wanted.lanes] for lane in range(wanted.lanes)]
    with tempfile.TemporaryDirectory(prefix="displacement-") as root, ThreadPoolExecutor(wanted.lanes) as pool:
        failures = sum(pool.map(_run_lane, [Path(root, f"lane-{lane}") for lane in range(wanted.lanes)], shares))
    minutes = (time.monotonic() - begun) / 60
    print(f"{len(seeds)} builds killed, {failures} failures, {minutes:.1f} minutes")
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Kill builds at random moments.")
    parser.add_argument("--seeds", type=int, default=50, help="how many builds are killed (50)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="how many at a time (one a processor)")
    return parser.parse_args()


def _run_lane(root: Path, seeds: Iterable[int]) -> int:
    """Run seeds one after the other in a place of their own; return how many failed."""
    lane, failures = open_lane(root / "0"), 0
    for seed in seeds:
        try:
            print(f"seed {seed:>3}  {survive(lane, seed)}", flush=True)
        except AssertionError as error:
            failures += 1
            print(f"seed {seed:>3}  FAILED: {error}", flush=True)
            lane = open_lane(root / f"after-{seed}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
