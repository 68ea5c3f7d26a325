"""The short form for every change: fails where a ratio is more than half worse than the recorded one.

    python -m benchmarks.short

Ratios are in time of all processors, of both sides in turn, so that a slow or busy machine moves both. A ratio that
looks worse is measured twice more, and the best of the three counts: noise makes things slower, never faster. What is
recorded is in `recorded.json`, written by `python -m benchmarks --write` with the table; a row that is not recorded
is shown and compared with nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.modelling.rows import marts
from benchmarks.reading.rows import reading
from benchmarks.restoring import restoring
from benchmarks.rows import Row, Trial, help_texts

RECORDED = Path(__file__).resolve().parent / "recorded.json"
WORSE = 1.5
"""How many times the recorded ratio a ratio may be."""

GROUPS: tuple[Callable[[Trial], Iterator[Row]], ...] = (marts, reading, restoring, help_texts)
AGAIN = 2
RUNS = 3


def main() -> int:
    """Measure, compare, say what is worse; return the exit code."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="displacement-benchmark-") as home:
        trial = Trial(Path(home), RUNS, RUNS)
        trial.prepare()
        found = [sentence for measure in GROUPS for sentence in worse(measure, trial, recorded)]
    for sentence in found:
        print(sentence)
    return int(bool(found))


def worse(measure: Callable[[Trial], Iterator[Row]], trial: Trial, recorded: Mapping[str, float]) -> list[str]:
    """Return a sentence for each row of a group that is worse than recorded, each time it was measured."""
    best: dict[str, Row] = {}
    for _ in range(1 + AGAIN):
        for row in measure(trial):
            if row.same is False:
                return [f"{key_of(row)}: the results differ."]
            if row.cpu_ratio and row.cpu_ratio < (best[key_of(row)].cpu_ratio if key_of(row) in best else 1e9):
                best[key_of(row)] = row
        off = [key for key, row in best.items() if _is_worse(row, recorded.get(key))]
        if not off:
            break
    for key, row in best.items():
        print(f"{key}: {row.cpu_ratio:.3f}, recorded {recorded.get(key, 'never')}", file=sys.stderr)
    return [
        f"{key}: {best[key].cpu_ratio:.2f} times the time of the other side, recorded {recorded[key]:.2f}. Find what "
        "became slow; if it must be so, record it with `make bench ARGS=--write`."
        for key in off
    ]


def key_of(row: Row) -> str:
    """Return what a row is recorded under."""
    return f"{row.what} / {row.against}"


def record(rows: Sequence[Row]) -> dict[str, float]:
    """Keep the ratios of the rows that were measured, beside those recorded before; return them all."""
    known: dict[str, float] = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    known |= {key_of(row): round(row.cpu_ratio, 4) for row in rows if row.cpu_ratio}
    RECORDED.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return known


def _is_worse(row: Row, recorded: float | None) -> bool:
    return recorded is not None and row.cpu_ratio is not None and row.cpu_ratio > WORSE * recorded


if __name__ == "__main__":
    sys.exit(main())
