"""Measure, print the table, and say by the exit code whether the limits are kept."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.drawing import draw
from benchmarks.groups import GROUPS
from benchmarks.rows import Row, Trial
from benchmarks.short import record


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = _parser().parse_args(arguments)
    times, short_times = (2, 5) if asked.quick else (5, 15)
    with tempfile.TemporaryDirectory(prefix="displacement-benchmark-") as home:
        rows = _measured(Trial(Path(home), times, short_times, bytecode=not asked.no_bytecode), asked.only)
    conditions = report.conditions(times, short_times, bytecode=not asked.no_bytecode)
    print(report.as_json(rows, conditions) if asked.json else f"{report.plain(rows)}\n\n{conditions}")
    if asked.write:
        report.write_readme(rows, conditions)
        draw(record(rows))
    return int(asked.check and not all(row.within(asked.tolerance) for row in rows))


def _measured(trial: Trial, only: Sequence[str] | None) -> list[Row]:
    trial.prepare()
    rows = []
    for name, measure in GROUPS.items():
        if not only or name in only:
            print(f"measuring: {name} …", file=sys.stderr)
            rows += list(measure(trial))
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--only", nargs="+", choices=list(GROUPS), help="some of the rows")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--check", action="store_true", help="exit code 1 where a limit is exceeded")
    parser.add_argument("--tolerance", type=float, default=0.1, help="by how much --check lets a limit be exceeded")
    parser.add_argument("--no-bytecode", action="store_true", help="let every process compile all it imports")
    return parser


if __name__ == "__main__":
    sys.exit(main())
