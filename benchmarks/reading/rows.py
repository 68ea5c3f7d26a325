"""The rows of reading: each macro against the same by hand, and every question against pandas on the CSV files."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import Run, Runs, run
from benchmarks.reading.questions import MACROS
from benchmarks.rows import Row, Trial, compared

COUNTRY = {question.name for question in MACROS if question.country}


def reading(trial: Trial) -> Iterator[Row]:
    """Ask all questions of the published file."""
    output = run(trial.python("-m", "benchmarks.reading", str(trial.short_times * 4))).output
    found = json.loads(output.splitlines()[-1])
    opened = runs_of(found.pop("")["opened"])
    for name, took in found.items():
        if "macro" in took:
            limit = 3 if name in COUNTRY else None
            ours, by_hand = runs_of(took["macro"]), runs_of(took["by_hand"])
            yield compared(
                f"macro {name}", "the same by hand, same file", ours, by_hand, limit, same=took["same_by_hand"]
            )
    for name, took in found.items():
        limit = 0.1 if name in COUNTRY else None
        ours, pandas = runs_of(took["file"]), runs_of(took["pandas"])
        yield compared(f"question {name}", "pandas on the CSV files", ours, pandas, limit, same=took["same_pandas"])
    yield Row("opening the file, for the first question", "–", opened.seconds, None, None, opened.spread)


def runs_of(taken: list[list[float]]) -> Runs:
    """Return runs that were timed within one process."""
    return Runs(tuple(Run(clock, 0, "", processor) for clock, processor in taken))
