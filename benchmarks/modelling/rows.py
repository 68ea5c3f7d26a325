"""The rows of modelling: the figures and six marts by the program, by pandas, by polars and by one DuckDB script.

Everybody reads the same sources, puts the tables in order and writes them as Parquet; imports are not timed. The tables
must be the same row for row before a ratio is given: names apart, for those of the columns that are computed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from benchmarks import by_hand
from benchmarks.measure import alternate
from benchmarks.rows import Row, Trial, compared

MARTS: Mapping[str, str] = {
    "figures": "indicator, reference_date, origin, asylum, value, published_in",
    "figures_history": "indicator, reference_date, origin, asylum, value, published_in, superseded_in",
    "global_totals": "reference_date, refugees, unrwa_refugees, asylum_seekers, oip, idmc_idps, forcibly_displaced",
    "country_totals": (
        "country, role, reference_date, refugees, unrwa_refugees, asylum_seekers, oip, idmc_idps, idps, stateless, "
        "ooc, hst, returned_refugees, returned_idps, displaced_across, forcibly_displaced"
    ),
    "corridors": (
        "origin, asylum, reference_date, refugees, asylum_seekers, oip, displaced_across, rank_in_origin, "
        "rank_in_asylum"
    ),
    "rankings": "role, measure, reference_date, rank, country, value, share_of_world, cumulative_share",
    "solutions": "origin, asylum, year, returned_refugees, resettlement, naturalisation, returned_idps",
    "revisions": (
        "indicator, reference_date, origin, asylum, release, release_before, event, value_before, value_after, "
        "difference"
    ),
}
"""The marts that can be asked of all alike, and the columns that are compared."""

WHAT = "figures and six marts"

WITHOUT = {"global_totals": "where coalesce(refugees, unrwa_refugees, idmc_idps) is not null"}
"""Rows of ours that are in question: dates that have a published total alone are left out."""

TEXTS = ("country", "role", "origin", "asylum", "indicator", "event", "measure")
DATES = ("reference_date", "published_in", "superseded_in", "release", "release_before")
SHARES = ("share_of_world", "cumulative_share")


def marts(trial: Trial) -> Iterator[Row]:
    """Make the six marts by all sides in turn."""
    from displacement.settings import Settings

    settings = Settings.from_environment(trial.environment)
    places = {name: trial.home / f"marts-{name}" for name in ("script", "pandas", "polars")}
    for place in places.values():
        place.mkdir(exist_ok=True)
    script = trial.home / "marts.sql"
    script.write_text(by_hand.script(settings, places["script"], tuple(MARTS)), encoding="utf-8")
    sides = {
        "ours": trial.python("-m", "benchmarks.by_workbench", *MARTS, seconds="made"),
        "script": trial.python("-m", "benchmarks.by_hand", str(script), seconds="seconds"),
    }
    peers = [peer for peer in ("pandas", "polars") if find_spec(peer)]
    for peer in peers:
        words = ("-m", f"benchmarks.modelling.in_{peer}", str(settings.data), str(places[peer]))
        sides[peer] = trial.python(*words, seconds="seconds")
    found = alternate(sides, trial.short_times)
    against = {
        "script": ("one DuckDB script, the same SQL", 1.1),
        "polars": ("polars", 1.0),
        "pandas": ("pandas", 0.25),
    }
    for peer, (words, limit) in against.items():
        if peer not in found:
            yield Row(WHAT, f"{peer}: not installed here", found["ours"].seconds, None, None, found["ours"].spread)
            continue
        same = same_marts(settings.models, places[peer])
        yield compared(WHAT, words, found["ours"], found[peer], limit, same=same)
    if not shutil.which("Rscript"):
        yield Row(WHAT, "dplyr: there is no R here", found["ours"].seconds, None, None, found["ours"].spread)


def same_marts(ours: Path, theirs: Path) -> bool:
    """Say whether two directories hold the same marts, in whatever order."""
    import duckdb

    with duckdb.connect() as connection:
        for name, columns in MARTS.items():
            one = _select(ours / f"{name}.parquet", columns, WITHOUT.get(name, ""))
            other = _select(theirs / f"{name}.parquet", columns, WITHOUT.get(name, ""))
            for first, second in ((one, other), (other, one)):
                if connection.execute(f"{first} except all {second} limit 1").fetchall():
                    return False
            if not connection.execute(f"{one} limit 1").fetchall():
                return False
    return True


def _select(file: Path, columns: str, where: str) -> str:
    return f"select {', '.join(map(_typed, columns.split(', ')))} from read_parquet('{file}') {where}"


def _typed(column: str) -> str:
    if column in SHARES:
        return f"round({column}::double, 12)"
    return f"{column}::{'varchar' if column in TEXTS else 'date' if column in DATES else 'bigint'}"
