"""What the release gate holds back that would change a number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from displacement.query import names
from displacement.query.published import rows

if TYPE_CHECKING:
    import duckdb


def holds_of(connection: duckdb.DuckDBPyConnection, indicators: Iterable[str], day: date | None) -> tuple[str, ...]:
    """Return the sentences of what is held back of indicators, or of their datasets, at a reference date or at any."""
    named = names.text_list(indicators)
    if not named:
        return ()
    found = rows(
        connection,
        f"""
        select distinct release, sentence, reference_dates
        from held_back
        where
            superseded_in is null
            and (indicator in ({named}) or indicator in (select dataset from indicators where indicator in ({named})))
        order by release, sentence
        """,
    )
    return tuple(
        f"release of {row['release']}: {row['sentence']}"
        for row in found
        if day is None or row["reference_dates"] is None or str(day) in row["reference_dates"]
    )
