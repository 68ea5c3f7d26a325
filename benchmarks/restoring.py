"""The rows of going back in time: one release, and what changed between two, against pandas on full tables."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import run
from benchmarks.reading.rows import runs_of
from benchmarks.rows import Row, Trial, compared


def restoring(trial: Trial) -> Iterator[Row]:
    """Restore a release and list revisions, in turn with pandas."""
    place = trial.home / "full-tables"
    place.mkdir(exist_ok=True)
    output = run(trial.python("-m", "benchmarks.by_ledger", str(place), str(trial.short_times))).output
    found = json.loads(output.splitlines()[-1])
    size = found["bytes"]
    for name, what in (("restore", "restoring a release"), ("between", "what changed between two releases")):
        took = found[name]
        ours, pandas = runs_of(took["ours"]), runs_of(took["pandas"])
        yield compared(what, "pandas on full tables", ours, pandas, 0.5, same=took["same"])
    against = "the full table of each release, as Parquet"
    yield Row("bytes of all releases", against, size["ledger"] / 1e6, size["tables"] / 1e6, 0.5, 0.0, "MB")
