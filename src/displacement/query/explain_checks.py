"""The rules a number was held against in the build on show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from displacement.query import names
from displacement.query.published import rows

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that was held against a table, and whether the table obeyed it."""

    table_name: str
    rule: str
    description: str
    passed: bool


def checks_of(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> tuple[Check, ...]:
    """Return the rules that were held against tables."""
    found = rows(
        connection,
        f"""
        select table_name, rule, description, passed
        from quality_results
        where table_name in ({names.text_list(tables)})
        order by table_name, rule
        """,
    )
    return tuple(Check(**row) for row in found)
