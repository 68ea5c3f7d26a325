"""Rules evaluated by DuckDB, where the rows are: every rule on every row, with the results it would have on a frame.

Only the first rows that broke a rule are fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from displacement.quality import frames
from displacement.quality.rules import Rule, Suite
from displacement.quality.validation import Validation, applicable, result_of
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from displacement.quality.frames import Frame

KEPT = 10_000
"""How many of the rows that broke a rule go to quarantine; the result counts them all."""


def validate(suite: Suite, connection: DuckDBPyConnection, query: str) -> Validation:
    """Return the result of every rule of `suite` for the rows of `query`, and rows that broke each failed one.

    A column that is missing fails the rule `columns`, which names it; the rules about that column are left out.
    """
    rules, missing = applicable(suite, connection.sql(query).columns)
    broken = {rule.name: _broken(rule, connection, query) for rule in rules}
    counts = ", ".join(f"count(*) filter ({condition})" for condition in broken.values())
    rows, *counted = connection.execute(f"select count(*), {counts} from ({query}) as checked").fetchall()[0]
    failed = dict(zip(broken, map(int, counted), strict=True))
    failing: Mapping[str, Frame] = {
        name: frames.frame_of(connection, f"select * from ({query}) as checked where {broken[name]} limit {KEPT}")
        for name, count in failed.items()
        if count
    }
    results = (
        result_of(
            rule,
            passed=_passed(rule, int(rows), failed[rule.name], missing),
            rows=int(rows),
            failed=failed[rule.name],
            failing=failing.get(rule.name),
            missing=missing,
        )
        for rule in rules
    )
    return Validation(suite.table_name, tuple(results), failing)


def _passed(rule: Rule, rows: int, failed: int, missing: Sequence[str]) -> bool:
    """Say whether a rule held; those about the table itself have no row that breaks them."""
    if rule.expectation == "columns":
        return not missing
    if rule.expectation == "row_count":
        return (rule.minimum or 0) <= rows and (rule.maximum is None or rows <= rule.maximum)
    return failed == 0


def _broken(rule: Rule, connection: DuckDBPyConnection, query: str) -> str:
    """Return the condition under which a row breaks a rule; it is never NULL where the row does."""
    columns = [f'"{column}"' for column in rule.columns]
    match rule.expectation:
        case "present" | "filled":
            return " or ".join(f"{column} is null" for column in columns)
        case "between" | "all_between":
            return " or ".join(_outside(column, rule) for column in columns)
        case "in_set":
            return _not_known(rule, connection, query)
        case "not_zero":
            return f"{columns[0]} = 0"
        case "unique":
            return _several(columns, connection, query)
        case "not_before":
            return f"{columns[0]} < {columns[1]}"
        case "after":
            return f"{columns[0]} <= {columns[1]}"
        case "equal":
            return f"{columns[0]} <> {columns[1]}"
        case "row_count" | "columns":
            return "false"


def _outside(column: str, rule: Rule) -> str:
    bounds = ((f"{column} <", rule.minimum), (f"{column} >", rule.maximum))
    return " or ".join(f"{comparison} {limit!r}" for comparison, limit in bounds if limit is not None) or "false"


def _not_known(rule: Rule, connection: DuckDBPyConnection, query: str) -> str:
    """Look only at the distinct values: there are few beside the rows.

    They are compared as DuckDB writes them: what it writes as `true`, Python writes as `True`.
    """
    (column,) = rule.columns
    known = set(rule.values)
    found = connection.execute(f'select distinct "{column}", "{column}"::varchar from ({query}) as checked').fetchall()
    unknown = [text for value, text in found if value is not None and value not in known]
    return f'"{column}"::varchar in ({_texts(unknown)})' if unknown else "false"


def _several(columns: Sequence[str], connection: DuckDBPyConnection, query: str) -> str:
    """Look for keys that occur twice by a hash of them, which is short; by themselves only where some hash does.

    One column that is NULL is no key; of several, NULL counts as a value.
    """
    key = ", ".join(columns)
    rows = f"({query}) as checked" + (f" where {key} is not null" if len(columns) == 1 else "")
    twice = f"select hash({key}) from {rows} group by all having count(*) > 1 limit 1"
    if not connection.execute(twice).fetchall():
        return "false"
    value = f"row({key})" if len(columns) > 1 else key
    return f"{value} in (select {value} from {rows} group by all having count(*) > 1)"


def _texts(values: Sequence[Any]) -> str:
    return ", ".join(f"'{sql_text(str(value))}'" for value in values)
