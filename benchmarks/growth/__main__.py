"""Measure every step on the figures once, ten times and a hundred times: `python -m benchmarks.growth 1 10 [100]`.

Factors that are not asked for keep what was measured before. A hundred takes ten gigabytes of disk and half an hour.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.growth.generate import SHIPPED, generate
from benchmarks.growth.stage import STAGES
from benchmarks.measure import Command, environment, run
from benchmarks.modelling import with_r
from benchmarks.modelling.rows import same_marts
from benchmarks.rows import Trial

RESULTS = Path(__file__).resolve().parent / "results.json"
README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- growth -->", "<!-- end of growth -->"
PEERS = ("pandas", "polars", "dplyr")
ROWS = (
    "merge",
    "models",
    "marts",
    "marts in pandas",
    "marts in polars",
    "marts in dplyr",
    "validation",
    "queries",
)
PEERS_UP_TO = 10
"""The factor beyond which peers are not asked: they hold all rows, which takes more than the memory here."""

MEMORY = 4000
"""Megabytes that no step may hold, whatever the factor."""


def main() -> int:
    """Measure, keep the results, and put the table into README.md; return 1 where a step holds too much."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="displacement-growth-") as place:
        records = Trial(Path(place) / "once", 1, 1)
        records.home.mkdir()
        for factor in map(int, sys.argv[1:]):
            if not (records.home / "var").exists():
                records.prepare()
            results[str(factor)] = measured(factor, Path(place), records.home / "var" / "records")
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{table(results)}\n{END}{after}", encoding="utf-8")
    print(table(results))
    ours = [each[stage]["megabytes"] for each in results.values() for stage in STAGES if stage in each]
    return int(any(held > MEMORY for held in ours))


def measured(factor: int, place: Path, records: Path) -> dict[str, Any]:
    """Return what each stage took at a factor; everything made for it is removed."""
    data, home = place / f"data-{factor}", place / f"home-{factor}"
    home.mkdir()
    shutil.copytree(records, home / "records")
    if factor > 1:
        generate(factor, data)
    else:
        data = SHIPPED
    found = {}
    for stage in STAGES:
        words = [sys.executable, "-m", "benchmarks.growth.stage", stage, str(data), str(home)]
        done = run(Command(words, environment(home, bytecode=True)))
        said = json.loads(done.output.splitlines()[-1])
        found[stage] = said | {"megabytes": round(done.peak_bytes / 1e6)}
        print(f"{factor} {stage}: {said}", file=sys.stderr)
        if stage == "marts" and factor <= PEERS_UP_TO:
            there = [peer for peer in PEERS if peer != "dplyr" or not with_r.absent()]
            found |= {f"marts in {peer}": _by_peer(peer, data, home) for peer in there}
    shutil.rmtree(home)
    if factor > 1:
        shutil.rmtree(data)
    return found


def _by_peer(peer: str, data: Path, home: Path) -> dict[str, Any]:
    """Let a peer make the same marts; they must be the same."""
    place = home / peer
    place.mkdir()
    words = [sys.executable, "-m", f"benchmarks.modelling.in_{peer}", str(data), str(place)]
    if peer == "dplyr":
        words = with_r.words(with_r.give(data, home / "sources-for-r"), place)
    done = run(Command(words, environment(home, bytecode=True)))
    found = json.loads(done.output.splitlines()[-1]) | {"megabytes": round(done.peak_bytes / 1e6)}
    found["same"] = same_marts(home / "models", place)
    print(f"{peer}: {found}", file=sys.stderr)
    shutil.rmtree(place)
    return dict(found)


def table(results: Mapping[str, Any]) -> str:
    """Return seconds of all processors and memory by stage and factor, with the exponents between them, as Markdown."""
    factors = sorted(map(int, results))
    lines = [
        "| step | " + " | ".join(f"× {factor}" for factor in factors) + " | exponent | most memory |",
        "| --- |" + " ---: |" * (len(factors) + 2),
    ]
    for stage in ROWS:
        there = [factor for factor in factors if stage in results[str(factor)]]
        if not there:
            continue
        seconds = {factor: results[str(factor)][stage]["cpu"] for factor in there}
        cells = [f"{seconds[factor]:.2f} s" if factor in seconds else "–" for factor in factors]
        exponents = [
            f"{math.log(seconds[more] / seconds[less]) / math.log(more / less):.2f}" for less, more in pairwise(there)
        ]
        memory = ", ".join(f"{results[str(factor)][stage]['megabytes']:,}" for factor in there)
        lines.append(f"| {stage} | {' | '.join(cells)} | {', '.join(exponents)} | {memory} MB |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
