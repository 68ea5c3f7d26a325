"""The rows of the build by stages, each against its own floor, with the most memory its process held."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import alternate, told
from benchmarks.rows import Row, Trial, compared

AGAINST = {
    "imports": ("importing dagster, pandas, great_expectations and plotly", 1.3),
    "load": ("DuckDB reads the same files and writes them in order", 1.1),
    "validate": ("the same rules as SQL in DuckDB alone", None),
    "downloads": ("DuckDB alone writes the same tables, one after the other", 1.3),
    "charts": ("Plotly's own pages of the same charts, drawn already", 1.5),
    "pictures": ("Kaleido's own call for the same pictures", 1.5),
}
"""The stages that are measured here; the models and the site are groups of their own."""


def stages(trial: Trial) -> Iterator[Row]:
    """Run every stage in turn with its floor."""
    from displacement.charts.browser import find_browser

    for name, (against, limit) in AGAINST.items():
        if name == "pictures" and not find_browser():
            yield Row(f"stage: {name}", "there is no browser here", 0.0, None, None, 0.0)
            continue
        sides = {
            side: trial.python("-m", "benchmarks.by_stage", side, seconds="seconds") for side in (name, f"{name}-floor")
        }
        found = alternate(sides, trial.times)
        ours, floor = found[name], found[f"{name}-floor"]
        row = compared(
            f"stage: {name}", against, ours, floor, limit, same=_result(ours.output) == _result(floor.output)
        )
        yield row
        yield Row(f"memory of {name}", "its floor", ours.peak_bytes / 1e6, floor.peak_bytes / 1e6, None, 0.0, "MB")


def _result(output: str) -> float:
    """Return the result a stage reports: how many rules held, how many charts there are."""
    return told("result")(output)
