"""What a fetch costs beyond transfer and parsing, and a probe beside a fetch: `python -m benchmarks.ingest [RUNS]`.

The emulator serves, in a process of its own, the newest real release where its tables stand beside the checkout, and an
invented one elsewhere; the invented one is a tenth as large, so its ratios say less.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from benchmarks.measure import ROOT, Run, Runs, alternate, told
from benchmarks.rows import Row, Trial, compared

LAST_YEAR = "2026"
"""The last year asked for: not before the newest of any release that is served."""


def ingest(trial: Trial) -> Iterator[Row]:
    """Measure a fetch of every table against the same pages with requests and json, its memory, and a probe."""
    with _served() as (address, release):
        found = alternate(
            {
                "requests": trial.python("-m", "benchmarks.by_requests", address, LAST_YEAR, seconds="seconds"),
                "capture": trial.python("-m", "benchmarks.by_capture", address, LAST_YEAR, seconds="seconds"),
            },
            trial.short_times,
        )
    ours, floor = found["capture"], found["requests"]
    same = _of(ours.output, "rows") == _of(floor.output, "rows")
    rows = int(_of(ours.output, "rows"))
    what = f"fetch of {rows:,} rows ({release})"
    yield compared(what, "requests and json.loads of the same pages", ours, floor, 1.5, same=same, by_clock=True)
    yield Row("peak memory of a fetch", "1 GB", ours.peak_bytes / 1e6, None, 1000, 0.0, "MB")
    probes = Runs(tuple(Run(_of(run.output, "probe"), 0, "") for run in ours.runs))
    yield Row("probe of an unchanged source", "a full fetch", probes.seconds, ours.seconds, 0.05, probes.spread)
    imports = Runs(tuple(Run(_of(run.output, "imports"), 0, "") for run in ours.runs))
    yield Row("imports of a fetch", "–", imports.seconds, None, None, imports.spread)


@contextmanager
def _served() -> Iterator[tuple[str, str]]:
    """Run the emulator while the block runs; give the address of UNHCR's interface and the release it serves."""
    command = [sys.executable, "-m", "tests.emulator", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            release = address = ""
            while not address:
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError("The emulator did not start.")
                if line.startswith("Serving the release "):
                    release = line.removeprefix("Serving the release ").split(". ")[0]
                address = line.strip().partition("DISPLACEMENT_UNHCR_URL=")[2]
            yield address, release
        finally:
            process.kill()


def _of(output: str, name: str) -> float:
    return told(name)(output)


def main() -> None:
    """Measure and print the table."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="displacement-benchmark-") as home:
        trial = Trial(Path(home), times, times)
        print(report.plain(list(ingest(trial))))


if __name__ == "__main__":
    main()
