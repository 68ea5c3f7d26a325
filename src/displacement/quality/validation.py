"""The result of a suite of rules for one table, whoever evaluates it: Great Expectations or the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from displacement.quality.frames import Frame, as_lines
from displacement.quality.results import EXAMPLES, Result
from displacement.quality.rules import Rule, Suite


@dataclass(frozen=True, slots=True)
class Validation:
    """A result for every rule of a suite, and the rows that broke each failed one."""

    table_name: str
    results: tuple[Result, ...]
    failing: Mapping[str, Frame] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every rule held, warnings included."""
        return all(result.passed for result in self.results)


def applicable(suite: Suite, columns: Iterable[str]) -> tuple[list[Rule], list[str]]:
    """Return the rules that can be evaluated on rows with these columns, and the columns that rules miss."""
    there = set(columns)
    missing = [column for rule in suite.rules for column in rule.columns if column not in there]
    rules = [rule for rule in suite.rules if rule.expectation == "columns" or not set(rule.columns) & set(missing)]
    return rules, missing


def result_of(
    rule: Rule, *, passed: bool, rows: int, failed: int, failing: Frame | None, missing: Sequence[str]
) -> Result:
    """Return the result of a rule, with the first rows that broke it or the columns that are missing."""
    examples = () if failing is None else as_lines(failing, EXAMPLES)
    if rule.expectation == "columns" and not passed:
        examples = tuple(f"no column {column}" for column in dict.fromkeys(missing))
    return Result(
        table_name=rule.table,
        rule=rule.name,
        kind="expectation",
        description=rule.description,
        severity=rule.severity,
        passed=passed,
        rows_checked=rows,
        rows_failed=failed,
        examples=examples,
    )


def added_up(parts: Sequence[Validation]) -> Validation:
    """Return the validation of a table from those of its parts, each of which held whole facts."""
    if len(parts) == 1:
        return parts[0]
    results = tuple(_summed(same) for same in zip(*(part.results for part in parts), strict=True))
    names = dict.fromkeys(name for part in parts for name in part.failing)
    return Validation(parts[0].table_name, results, {name: _joined(parts, name) for name in names})


def _summed(results: Sequence[Result]) -> Result:
    return replace(
        results[0],
        passed=all(result.passed for result in results),
        rows_checked=sum(result.rows_checked for result in results),
        rows_failed=sum(result.rows_failed for result in results),
        examples=tuple(example for result in results for example in result.examples)[:EXAMPLES],
    )


def _joined(parts: Sequence[Validation], name: str) -> Frame:
    import pandas

    found: Any = [part.failing[name] for part in parts if name in part.failing]
    joined: Frame = pandas.concat(found, ignore_index=True)
    return joined
