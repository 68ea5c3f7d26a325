"""Values as text in SQL: DuckDB imports pandas at the first bound parameter, which a fast command avoids."""

from __future__ import annotations


def sql_text(value: object) -> str:
    """Return `value` as text for use between single quotes in SQL."""
    return str(value).replace("'", "''")
