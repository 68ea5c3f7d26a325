"""The rows of modelling: the figures and six marts by the program, by pandas, polars, dplyr and one DuckDB script.

Everybody reads the same sources, puts the tables in order and writes them as Parquet (dplyr reads and writes CSV: see
`with_r`); imports are not timed. The tables must be the same row for row before a ratio is given: names apart, for
those of the columns that are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import by_hand
from benchmarks.measure import Command, alternate, told
from benchmarks.modelling import with_r
from benchmarks.rows import Row, Trial, compared

if TYPE_CHECKING:
    from displacement.settings import Settings

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


AGAINST = {
    "script": ("one DuckDB script, the same SQL", 1.1),
    "polars": ("polars", 1.0),
    "pandas": ("pandas", 0.25),
    "dplyr": ("dplyr", 0.25),
}
"""The peers, each in the words of its row and with the limit of its ratio."""


def marts(trial: Trial) -> Iterator[Row]:
    """Make the six marts by all sides in turn."""
    from displacement.settings import Settings

    settings = Settings.from_environment(trial.environment)
    places = {peer: trial.home / f"marts-{peer}" for peer in AGAINST}
    for place in places.values():
        place.mkdir(exist_ok=True)
    absent = {peer: why for peer in AGAINST if (why := _absent(peer))}
    sides = {"ours": trial.python("-m", "benchmarks.by_models", *MARTS, seconds="made")} | {
        peer: _side(peer, trial, settings, place) for peer, place in places.items() if peer not in absent
    }
    found = alternate(sides, trial.short_times)
    for peer, (words, limit) in AGAINST.items():
        if peer in absent:
            yield Row(WHAT, f"{peer}: {absent[peer]}", found["ours"].seconds, None, None, found["ours"].spread)
            continue
        same = same_marts(settings.public / "data", places[peer])
        yield compared(WHAT, words, found["ours"], found[peer], limit, same=same)


def _absent(peer: str) -> str | None:
    """Say why a peer cannot be asked; None where it can."""
    if peer == "dplyr":
        return with_r.absent()
    return None if peer == "script" or find_spec(peer) else "not installed here"


def _side(peer: str, trial: Trial, settings: Settings, place: Path) -> Command:
    """Return the command by which a peer makes the tables in a place."""
    if peer == "script":
        script = trial.home / "marts.sql"
        script.write_text(by_hand.script(settings, place, tuple(MARTS)), encoding="utf-8")
        return trial.python("-m", "benchmarks.by_hand", str(script), seconds="seconds")
    if peer == "dplyr":
        sources = with_r.give(settings.data, trial.home / "sources-for-r")
        return Command(with_r.words(sources, place), trial.environment, told("seconds"), told("cpu"))
    return trial.python("-m", f"benchmarks.modelling.in_{peer}", str(settings.data), str(place), seconds="seconds")


def same_marts(ours: Path, theirs: Path) -> bool:
    """Say whether two directories hold the same marts, in whatever order."""
    import duckdb

    with duckdb.connect() as connection:
        for name, columns in MARTS.items():
            one, other = (_select(place, name, columns) for place in (ours, theirs))
            for first, second in ((one, other), (other, one)):
                if connection.execute(f"{first} except all {second} limit 1").fetchall():
                    return False
            if not connection.execute(f"{one} limit 1").fetchall():
                return False
    return True


def _select(place: Path, name: str, columns: str) -> str:
    table = f"read_parquet('{place / name}.parquet')"
    if not (place / f"{name}.parquet").exists():
        table = f"read_csv('{place / name}.csv', header = true, delim = ',', all_varchar = true)"
    return f"select {', '.join(map(_typed, columns.split(', ')))} from {table} {WITHOUT.get(name, '')}"


def _typed(column: str) -> str:
    if column in SHARES:
        return f"round({column}::double, 12)"
    return f"{column}::{'varchar' if column in TEXTS else 'date' if column in DATES else 'bigint'}"
