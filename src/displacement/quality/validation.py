"""A suite of rules held against a frame by Great Expectations.

This is the only module that touches Great Expectations, whose types are incomplete and whose import is heavy.
The suite is evaluated as one, on the pandas engine. Results of batches add up as long as whole facts stay together.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache
from math import inf
from typing import Any

from displacement.quality.frames import Frame, as_lines
from displacement.quality.results import Result
from displacement.quality.rules import Rule, Suite

EXAMPLES = 5
"""How many failing rows a result shows; all of them are in `Validation.failing`."""

_SOURCE = "frames"


@dataclass(frozen=True, slots=True)
class Validation:
    """What a suite came to: a result for every rule, and the rows that broke each failed one."""

    table_name: str
    results: tuple[Result, ...]
    failing: Mapping[str, Frame] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every rule held, warnings included."""
        return all(result.passed for result in self.results)


def validate(suite: Suite, frame: Frame) -> Validation:
    """Hold every rule of `suite` against `frame`.

    A column that is missing fails the rule `columns`, which names it; the rules about that column are left out.

    Raises:
        RuntimeError: a rule could not be evaluated (a defect of the rule, not of the data).
    """
    rows = frame.reset_index(drop=True)
    rules, missing = applicable(suite, rows.columns)
    outcomes = _evaluated(rules, _marked(rows, rules))
    failing = {
        rule.name: rows.iloc[positions] for rule in rules if (positions := _positions(outcomes[rule.name].result))
    }
    results = (
        result_of(
            rule,
            passed=bool(outcomes[rule.name].success),
            rows=len(rows),
            failed=len(failing.get(rule.name, ())),
            failing=failing.get(rule.name),
            missing=missing,
        )
        for rule in rules
    )
    return Validation(suite.table_name, tuple(results), failing)


def applicable(suite: Suite, columns: Iterable[str]) -> tuple[list[Rule], list[str]]:
    """Return the rules that can be held against rows with these columns, and the columns that rules miss."""
    there = set(columns)
    missing = [column for rule in suite.rules for column in rule.columns if column not in there]
    rules = [rule for rule in suite.rules if rule.expectation == "columns" or not set(rule.columns) & set(missing)]
    return rules, missing


def result_of(
    rule: Rule, *, passed: bool, rows: int, failed: int, failing: Frame | None, missing: Sequence[str]
) -> Result:
    """Return what a rule came to, with the first rows that broke it or the columns that are missing."""
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
    """Return the outcome of one suite over the parts of a table, each of which held whole facts."""
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


def _marked(rows: Frame, rules: Sequence[Rule]) -> Frame:
    """Return the rows with a column for each rule about several columns alike: whether the row breaks it.

    One expectation on it stands for one on each column, and takes as long as one.
    """
    marked: Any = rows
    for rule in rules:
        if rule.expectation not in _SEVERAL:
            continue
        chosen = marked[list(rule.columns)]
        if rule.expectation == "filled":
            marked = marked.assign(**{_mark(rule): chosen.isna().any(axis=1)})
        else:
            low = -inf if rule.minimum is None else rule.minimum
            high = inf if rule.maximum is None else rule.maximum
            marked = marked.assign(**{_mark(rule): ((chosen < low) | (chosen > high)).any(axis=1)})
    checked: Frame = marked
    return checked


_SEVERAL = ("filled", "all_between")


def _mark(rule: Rule) -> str:
    return f"breaks {rule.name}"


def _positions(result: Mapping[str, Any]) -> list[int]:
    """Return the positions of the rows that broke a rule, in order."""
    return sorted({int(position) for position in result.get("unexpected_index_list") or ()})


def _evaluated(rules: Sequence[Rule], rows: Frame) -> dict[str, Any]:
    """Return Great Expectations' outcome for each rule, by the rule's name.

    Whether a rule holds is asked first; the rows that broke it, which cost as much again, only where it does not.
    """
    with _batch_of(rows) as batch:
        outcomes = _asked_of(batch, rules, "BOOLEAN_ONLY")
        failed = [rule for rule in rules if not outcomes[rule.name].success]
        return outcomes | (_asked_of(batch, failed, "COMPLETE") if failed else {})


def _asked_of(batch: Any, rules: Iterable[Rule], result_format: str) -> dict[str, Any]:
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=_SOURCE, expectations=[_expectation(rule) for rule in rules])
    report = batch.validate(suite, result_format={"result_format": result_format})
    outcomes = {outcome.expectation_config.meta["rule"]: outcome for outcome in report.results}
    for name, outcome in outcomes.items():
        if problem := _exception(outcome.exception_info):
            raise RuntimeError(f"The rule {name} could not be evaluated: {problem}")
    return outcomes


@contextmanager
def _batch_of(rows: Frame) -> Iterator[Any]:
    """Yield `rows` as a batch, and let go of them afterwards: a data source holds on to the last frame it was given."""
    definition = _batch_definition()
    try:
        yield definition.get_batch({"dataframe": rows})
    finally:
        definition.get_batch({"dataframe": rows.iloc[:0]})


def prepare() -> None:
    """Import Great Expectations and open its context, so that the first check need not wait for it."""
    import great_expectations.expectations  # noqa: F401

    _batch_definition()


@cache
def _batch_definition() -> Any:
    """Return the one definition all frames go through: defining one writes YAML, which takes longer than a check."""
    return (
        _context()
        .data_sources.add_pandas(_SOURCE)
        .add_dataframe_asset(_SOURCE)
        .add_batch_definition_whole_dataframe(_SOURCE)
    )


@cache
def _context() -> Any:
    """Return the one context of this process: in memory, without progress bars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # some of its dependencies import deprecated modules
        import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _expectation(rule: Rule) -> Any:
    """Return the expectation that evaluates a rule."""
    name, arguments = _asked(rule)
    return _kind(name)(**arguments, meta={"rule": rule.name})


@cache
def _kind(name: str) -> Any:
    """Return an expectation that puts its configuration together once.

    Great Expectations asks each of them for it sixty times in one evaluation, and each time it is made anew from all
    fields, which takes longer than evaluating.
    """
    import great_expectations.expectations as module
    from pydantic.v1 import PrivateAttr

    named: Any = module
    base: Any = getattr(named, name)

    def configuration(self: Any) -> Any:
        if self._configuration is None:
            self._configuration = base.configuration.fget(self)
        return copy(self._configuration)

    members = {
        "__module__": __name__,
        "__annotations__": {"_configuration": Any},
        "_configuration": PrivateAttr(None),
        "configuration": property(configuration),
    }
    return type(base)(f"{name}AskedOnce", (base,), members)


def _asked(rule: Rule) -> tuple[str, dict[str, Any]]:
    """Return the name of the expectation that evaluates a rule, and what it is asked."""
    columns = list(rule.columns)
    bounds = {"min_value": rule.minimum, "max_value": rule.maximum}
    match rule.expectation:
        case "present":
            return "ExpectColumnValuesToNotBeNull", _column(rule)
        case "filled" | "all_between":
            return "ExpectColumnValuesToBeInSet", {"column": _mark(rule), "value_set": [False]}
        case "between":
            return "ExpectColumnValuesToBeBetween", _column(rule) | bounds
        case "in_set":
            return "ExpectColumnValuesToBeInSet", _column(rule) | {"value_set": [_comparable(v) for v in rule.values]}
        case "not_zero":
            return "ExpectColumnValuesToNotBeInSet", _column(rule) | {"value_set": [0]}
        case "unique" if len(columns) == 1:
            return "ExpectColumnValuesToBeUnique", _column(rule)
        case "unique":
            return "ExpectCompoundColumnsToBeUnique", {"column_list": columns}
        case "not_before":
            return "ExpectColumnPairValuesAToBeGreaterThanB", _pair(rule) | {"or_equal": True}
        case "after":
            return "ExpectColumnPairValuesAToBeGreaterThanB", _pair(rule)
        case "equal":
            return "ExpectColumnPairValuesToBeEqual", _pair(rule)
        case "row_count":
            return "ExpectTableRowCountToBeBetween", bounds
        case "columns":
            return "ExpectTableColumnsToMatchSet", {"column_set": columns, "exact_match": False}


def _column(rule: Rule) -> dict[str, Any]:
    return {"column": rule.columns[0]}


def _pair(rule: Rule) -> dict[str, Any]:
    first, second = rule.columns
    return {"column_A": first, "column_B": second, "ignore_row_if": "either_value_is_missing"}


def _comparable(value: object) -> object:
    """Return a value as a column of a frame holds it: days are points in time there."""
    return datetime.combine(value, time.min) if isinstance(value, date) and not isinstance(value, datetime) else value


def _exception(info: Any) -> str | None:
    """Return the message of the exception that stopped an expectation, if one did."""
    if not isinstance(info, Mapping):
        return None
    if info.get("raised_exception"):
        return str(info.get("exception_message"))
    return next((message for nested in info.values() if (message := _exception(nested))), None)
