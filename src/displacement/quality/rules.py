"""What must hold for each table: rules derived from the catalogue, and those declared in `rules.toml`.

A rule states one thing, has a name that does not change, and is plain data. Numbers and codes that it needs are in the
catalogue or in `rules.toml`, never here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from displacement.catalogue import Column, Table
from displacement.quality.results import Severity

DECLARED = Path(__file__).resolve().parent / "rules.toml"
"""The reviewed rules that a description of columns cannot hold."""

LEDGER = "ledger"
"""The name under which the figures through time are checked, before any model is made from them."""

Expectation = Literal[
    "present",
    "filled",
    "between",
    "all_between",
    "in_set",
    "unique",
    "not_before",
    "after",
    "equal",
    "not_zero",
    "row_count",
    "columns",
]
SOME_ROW = "The table has at least one row."
Value = object
References = Mapping[str, Collection[Value]]
"""The known codes by `table.column` of the reference table: `{"countries.iso3": ("AFG", …)}`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold for a table.

    Attributes:
        expectation: how it is evaluated. `after`, `not_before` and `equal` compare the first column with the second and
            pass over rows in which either is NULL; every other kind passes over NULL, except `present`, `filled` (none
            of several columns is NULL) and `unique`.
        reference: `table.column` whose codes are allowed; `values` are filled in when the suite is made.
        evidence: the query of `sql/evidence` whose rows are checked, where it is not the table's own.
        basis: why the threshold is what it is.
    """

    table: str
    name: str
    description: str
    expectation: Expectation
    columns: tuple[str, ...] = ()
    severity: Severity = "error"
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Value, ...] = ()
    reference: str | None = None
    evidence: str | None = None
    basis: str | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that could not be evaluated."""
        if self.expectation not in get_args(Expectation) or self.severity not in get_args(Severity):
            raise ValueError(f"rule {self.table}.{self.name}: unknown expectation or severity")
        wanted = _COLUMNS_WANTED.get(self.expectation)
        if wanted is not None and len(self.columns) != wanted:
            raise ValueError(f"rule {self.table}.{self.name}: {self.expectation} takes {wanted} columns")


_COLUMNS_WANTED = {
    "present": 1, "between": 1, "in_set": 1, "not_zero": 1, "not_before": 2, "after": 2, "equal": 2, "row_count": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules that are checked on the same rows of a table."""

    table_name: str
    rules: tuple[Rule, ...]


def suite_for(table: Table, references: References) -> Suite:
    """Return all rules of a table of the catalogue: the derived ones, then those declared for its own rows.

    Raises:
        KeyError: a column refers to codes that `references` does not hold.
    """
    declared = (rule for rule in declared_rules() if rule.table == table.name)
    return Suite(table.name, _filled((*derived_rules(table), *declared), references))


def ledger_suites(references: References) -> dict[str, Suite]:
    """Return the rules of the ledger by the query of `sql/evidence` whose rows they are checked on."""
    rules = _filled((rule for rule in declared_rules() if rule.table == LEDGER), references)
    evidence = dict.fromkeys(rule.evidence or LEDGER for rule in rules)
    return {name: Suite(LEDGER, tuple(r for r in rules if (r.evidence or LEDGER) == name)) for name in evidence}


@cache
def declared_rules(path: Path = DECLARED) -> tuple[Rule, ...]:
    """Read the declared rules.

    Raises:
        ValueError: two rules of a table share a name, or a rule cannot be evaluated.
    """
    specs = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    rules = tuple(rule for spec in specs for rule in _declared(spec))
    names = [(rule.table, rule.name) for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError(f"{path.name}: a table has two rules of one name")
    return rules


def derived_rules(table: Table) -> tuple[Rule, ...]:
    """Return the rules that follow from the description of a table."""
    name = table.name
    return (
        Rule(
            name, "columns_complete", "The table has every column it is described with.", "columns", table.column_names
        ),
        *(() if table.may_be_empty else (Rule(name, "row_count", SOME_ROW, "row_count", minimum=1),)),
        Rule(name, "key_unique", f"No two rows share {_listed(table.key)}.", "unique", table.key),
        *_required(table),
        *_bounded(table),
        *(rule for column in table.columns for rule in _rules_of(column, name)),
    )


def _required(table: Table) -> Iterable[Rule]:
    columns = tuple(column.name for column in table.columns if not column.nullable)
    if columns:
        yield Rule(table.name, "required_present", f"Every row has {_listed(columns)}.", "filled", columns)


def _bounded(table: Table) -> Iterable[Rule]:
    """Yield one rule for all columns that have the same bounds."""
    alike: dict[tuple[str, str, float | None, float | None], list[str]] = {}
    for column in table.columns:
        if column.minimum is not None or column.maximum is not None:
            alike.setdefault((*_bounds(column), column.minimum, column.maximum), []).append(column.name)
    for (name, words, low, high), columns in alike.items():
        one = len(columns) == 1
        yield Rule(
            table.name,
            f"{columns[0] if one else 'all'}_{name}",
            f"{_listed(columns)} {'is' if one else 'are'} {words}.",
            "between" if one else "all_between",
            tuple(columns),
            minimum=low,
            maximum=high,
        )


def _rules_of(column: Column, table: str) -> Iterable[Rule]:
    name, columns = column.name, (column.name,)
    if column.values:
        words = f"{name} is one of: {', '.join(column.values)}."
        yield Rule(table, f"{name}_allowed", words, "in_set", columns, values=column.values)
    if column.references:
        words = f"Every {name} is a code of {column.references}."
        yield Rule(table, f"known_{name}", words, "in_set", columns, reference=column.references)


def _bounds(column: Column) -> tuple[str, str]:
    """Return the name and the words of a column's bounds."""
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return "within_bounds", f"from {low:g} to {high:g}"
    if low is None:
        return "within_bounds", f"at most {high:g}"
    if low == 1 and column.type not in ("double", "float"):
        return "above_zero", "above zero: what is absent is NULL or has no row"
    return ("not_negative", "zero or more") if low == 0 else ("within_bounds", f"at least {low:g}")


def _declared(spec: Mapping[str, Any]) -> Iterable[Rule]:
    """Yield a declared rule once for each table it is declared for."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
    tables = values.pop("table")
    for table in tables if isinstance(tables, tuple) else (tables,):
        yield Rule(table=str(table), **values)


def _filled(rules: Iterable[Rule], references: References) -> tuple[Rule, ...]:
    """Return the rules with the codes of the reference tables they name."""
    return tuple(replace(rule, values=tuple(references[rule.reference])) if rule.reference else rule for rule in rules)


def _listed(names: Collection[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
