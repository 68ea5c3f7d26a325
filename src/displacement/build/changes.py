"""`CHANGES.md` of a build: what changed in the figures since the build before, in plain sentences.

Two states of the figures are compared: those of the published build and those of the new one. The first build
of an installation has none before it; it compares the newest release with the release before. The whole list of
revisions is a table of the file; this is what a person reads first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build import anomalies
from displacement.storage.duck import rows, sql_text
from displacement.storage.files import write_text

if TYPE_CHECKING:
    import duckdb

    from displacement.build.manifest import Build

FILE_NAME = "CHANGES.md"
ODD = 10
"""So many anomalies are listed; the table has all of them."""

TIMES = 10
"""From this factor on a rise is told as a multiple."""

KEY = "indicator, reference_date, origin, asylum, value"


@dataclass(frozen=True, slots=True)
class Before:
    """The state the new figures are compared with: its name, and the SELECT that gives its figures."""

    name: str
    select: str


def before(connection: duckdb.DuckDBPyConnection, current: Build | None) -> Before | None:
    """Return what a new build is compared with: the published build, or for the first build the release before.

    Args:
        connection: holds `releases` and `figures_history` of the new build.
        current: the published build, if any.
    """
    figures = current.directory / "data" / "figures.parquet" if current else None
    if current and figures and figures.is_file():
        return of_build(current.build_id, figures)
    return of_release(connection)


def of_build(build_id: str, figures: Path) -> Before:
    """Return the figures of an earlier build, as it keeps them in `data/figures.parquet`."""
    return Before(f"build {build_id}", f"select {KEY} from read_parquet('{sql_text(figures)}')")


def of_release(connection: duckdb.DuckDBPyConnection) -> Before | None:
    """Return the figures of the release before the newest, or None where there is only one."""
    found = rows(connection, "select release from releases order by release desc limit 2")
    if len(found) < 2:
        return None
    day = found[1]["release"]
    return Before(
        f"release {day}",
        f"select {KEY} from figures_history "
        f"where published_in <= date '{day}' and (superseded_in is null or superseded_in > date '{day}')",
    )


def write(
    connection: duckdb.DuckDBPyConnection, earlier: Before | None, sql: Path, directory: Path, build_id: str
) -> Path:
    """Write `CHANGES.md` into the directory of a build; return the file.

    Args:
        connection: holds `figures`, `figures_history`, `anomalies`, `indicators`, `countries` and `releases` of the
            new build.
        earlier: what the new figures are compared with; None means that there is nothing to compare them with.
        sql: the directory of the SQL files; the comparisons are in its `changes/`.
        directory: the build in the making.
        build_id: its id.
    """
    path = directory / FILE_NAME
    write_text(path, text(connection, earlier, sql, build_id))
    return path


def text(connection: duckdb.DuckDBPyConnection, earlier: Before | None, sql: Path, build_id: str) -> str:
    """Return what changed as Markdown."""
    newest = rows(connection, "select max(release) as release from releases")[0]["release"]
    title = f"# What changed in the figures\n\nBuild {build_id} holds the figures of release {newest}"
    listed = anomalies.sentences(connection, sql)
    more = f" The first {ODD} of {len(listed)}." if len(listed) > ODD else ""
    odd = _section("Odd figures of the newest date", listed[:ODD], f"Odd is not wrong: see `anomalies`.{more}")
    if earlier is None:
        return f"{title}; there is nothing earlier to compare them with.\n\n{odd}".rstrip() + "\n"
    connection.execute(f"create or replace temp view earlier as {earlier.select}")
    connection.execute(f"create or replace temp view later as select {KEY} from figures")
    world = rows(connection, (sql / "changes" / "world.sql").read_text(encoding="utf-8"))
    if not world:
        return f"{title}. No figure differs from those of {earlier.name}.\n\n{odd}".rstrip() + "\n"
    single = rows(connection, (sql / "changes" / "figures.sql").read_text(encoding="utf-8"))
    words = _Words(connection)
    parts = [
        f"{title}; they are compared with those of {earlier.name}. {_tally(world)}",
        odd,
        _section(
            "World figures where there were none",
            [words.world(row) for row in world if row["value_before"] is None],
            words.NEW_NOTE,
        ),
        _section(
            "World figures that changed",
            [words.world(row) for row in world if None not in (row["value_before"], row["value_after"])],
            words.CHANGED_NOTE,
        ),
        _section("World figures withdrawn", [words.world(row) for row in world if row["value_after"] is None], ""),
        _section("The largest revisions of single figures", [words.figure(row) for row in single], words.SINGLE_NOTE),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tally(world: Sequence[dict[str, Any]]) -> str:
    new, revised, withdrawn = (sum(row[f"figures_{kind}"] for row in world) for kind in ("new", "revised", "withdrawn"))
    return f"{new:,} figures are new, {revised:,} were revised, {withdrawn:,} were withdrawn."


def _section(title: str, lines: Sequence[str], note: str) -> str:
    listed = "\n".join(f"- {line}" for line in lines)
    return "\n\n".join(part for part in (f"## {title}", note, listed) if part) if lines else ""


class _Words:
    """Sentences about figures: names of indicators and countries, dates as the kind of figure asks for."""

    NEW_NOTE = "Stocks are on the date, flows are of the period that ends with it."
    CHANGED_NOTE = "Sums over all origins and places. A sum can stay while figures within it changed."
    SINGLE_NOTE = "The table `revisions` of the file has all of them, and those before."

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._indicators = {
            row["indicator"]: row for row in rows(connection, "select indicator, name, kind, unit from indicators")
        }
        self._countries = {row["iso3"]: row["name"] for row in rows(connection, "select iso3, name from countries")}

    def world(self, row: dict[str, Any]) -> str:
        counts = ((row[f"figures_{kind}"], kind) for kind in ("new", "revised", "withdrawn"))
        tally = ", ".join(f"{count:,} {kind}" for count, kind in counts if count)
        return f"{self._what(row)}, world: {_values(row)} ({tally})"

    def figure(self, row: dict[str, Any]) -> str:
        origin, asylum = self._countries[row["origin"]], self._countries[row["asylum"]]
        place = origin if row["origin"] == row["asylum"] else f"{origin} to {asylum}"
        return f"{self._what(row)}, {place}: {_values(row)}"

    def _what(self, row: dict[str, Any]) -> str:
        indicator, day = self._indicators[row["indicator"]], row["reference_date"]
        name, unit = indicator["name"], indicator["unit"]
        named = name if unit == "persons" or unit in name else f"{name} ({unit})"
        return f"{named} {_when(indicator['kind'], day)}"


def _when(kind: str, day: date) -> str:
    if kind == "stock":
        return f"on {day.day} {day:%B %Y}"
    return f"in {day.year}" if day.month == 12 else f"from January to June {day.year}"


def _values(row: dict[str, Any]) -> str:
    before, after = row["value_before"], row["value_after"]
    if before is None:
        return f"{after:,}"
    if after is None:
        return f"{before:,} → withdrawn"
    if before == after:
        return f"{after:,}, as before"
    return f"{before:,} → {after:,} ({after - before:+,}, {_in_proportion(before, after)})".replace("-", "−")


def _in_proportion(before: int, after: int) -> str:
    """Return a change as "−26.3 per cent"; as "132 times" where nobody thinks in per cent any more."""
    if after >= TIMES * before:
        return f"{after / before:,.0f} times"
    share = (after - before) / before
    return f"{share:+.1%}".replace("%", " per cent") if abs(share) >= 0.0005 else "less than 0.1 per cent"
