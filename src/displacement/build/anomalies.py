"""Odd figures of the newest date: reported before a build is published, and a reason to stop one.

Rules that need a whole database find them (the model `anomalies`), so they are known only when the file is made, after
the gate has let a release pass. What releases that came with the program contain stops nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import HeldBackError
from displacement.ledger.holds import ANOMALIES, expected_until
from displacement.storage.duck import rows

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

MOVES = ("series_jumps", "change_not_explained", "total_revised", "figure_revised", "figure_withdrawn")
"""The rules whose people are added to a total or missing from it; others are about places, or about flows."""

MOST_PEOPLE = 1_000_000
"""By more than this no single odd figure moves the headline before a person has looked at it."""

TOLD = 5


def sentences(connection: duckdb.DuckDBPyConnection, sql: Path) -> list[str]:
    """Return a sentence for each anomaly of the newest year-end and later, what matters most first.

    Args:
        connection: holds `anomalies`, `figures`, `indicators` and `countries` of the new build.
        sql: the directory of the SQL files.
    """
    found = rows(connection, (sql / "changes" / "anomalies.sql").read_text(encoding="utf-8"))
    return [f"{row['name']}, {row['place'] or 'world'}, {row['reference_date']}: {row['reason']}" for row in found]


def in_short(listed: list[str]) -> str:
    """Return how many figures of the newest date look odd, and the first of them; nothing where none does.

    >>> print(in_short(["Refugees, Afghanistan, 2025-12-31: 5,766,586, then 2,671,560"]))
    Odd among the figures of the newest date: 1 (table `anomalies`). The first:
      Refugees, Afghanistan, 2025-12-31: 5,766,586, then 2,671,560
    """
    if not listed:
        return ""
    first = "".join(f"\n  {sentence}" for sentence in listed[:TOLD])
    return f"Odd among the figures of the newest date: {len(listed):,} (table `anomalies`). The first:{first}"


def require_expected(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Raise where an odd figure of the newest date that nobody has accepted moves the headline by over a million.

    Args:
        connection: holds the finished file.
        settings: where the shipped ledger and the decisions are.

    Raises:
        HeldBackError: there is one; it is named, with the command that accepts it.
    """
    releases = [row["release"] for row in rows(connection, "select release from releases order by release")]
    known = expected_until(settings, releases)
    if known == releases[-1]:
        return
    found = rows(
        connection,
        f"""
        select indicators.name, coalesce(now.origin, now.asylum, 'world') as place, now.reference_date, now.reason
        from anomalies as now
        inner join indicators on now.indicator = indicators.indicator and indicators.in_headline
        left join anomalies_as_of('{known}') as before
            on now.rule = before.rule
            and now.indicator = before.indicator
            and now.reference_date = before.reference_date
            and now.origin is not distinct from before.origin
            and now.asylum is not distinct from before.asylum
        where
            now.rule in {MOVES}
            and now.reference_date >= (select max(reference_date) from figures where month(reference_date) = 12)
            and now.people - coalesce(before.people, 0) > {MOST_PEOPLE}
        order by now.rank
        """,
    )
    if found:
        listed = " ".join(f"{row['name']}, {row['place']}, {row['reference_date']}: {row['reason']}." for row in found)
        raise HeldBackError(
            f"The build was stopped: {len(found)} odd figures of the newest date would each move the headline by more "
            f"than {MOST_PEOPLE:,} people, and no release up to {known} has them. {listed} If they are right, accept "
            f'them and build again: displacement releases accept {releases[-1]} {ANOMALIES} --reason "…".'
        )
