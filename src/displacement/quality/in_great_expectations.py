"""Rules evaluated on a frame by Great Expectations: an ordinary suite of its own expectations, on the pandas engine.

This is the only module that touches Great Expectations, whose types are incomplete and whose import takes seconds: it
is imported inside the functions that need it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from typing import Any

from displacement.quality.frames import Frame
from displacement.quality.rules import Rule, Suite
from displacement.quality.validation import Validation, applicable, result_of

_SOURCE = "frames"


def validate(suite: Suite, frame: Frame) -> Validation:
    """Return the result of every rule of `suite` for the rows of `frame`, and the rows that broke each failed one.

    A column that is missing fails the rule `columns`, which names it; the rules about that column are left out.

    Raises:
        RuntimeError: a rule could not be evaluated (a defect of the rule, not of the data).
    """
    rows = frame.reset_index(drop=True)
    rules, missing = applicable(suite, rows.columns)
    failed = _failed(rules, rows)
    failing = {name: rows.iloc[positions] for name, positions in failed.items() if positions}
    results = (
        result_of(
            rule,
            passed=rule.name not in failed,
            rows=len(rows),
            failed=len(failing.get(rule.name, ())),
            failing=failing.get(rule.name),
            missing=missing,
        )
        for rule in rules
    )
    return Validation(suite.table_name, tuple(results), failing)


def _failed(rules: Sequence[Rule], rows: Frame) -> dict[str, list[int]]:
    """Return the rules that failed, by name, each with the positions of the rows that broke it.

    Whether a rule holds is evaluated first; the rows that broke it, which cost as much again, only where it does not.
    """
    with _batch_of(rows) as batch:
        names = {name for name, result in _results(batch, rules, "BOOLEAN_ONLY") if not result.success}
        failed: dict[str, set[int]] = {name: set() for name in names}
        if names:
            for name, result in _results(batch, [rule for rule in rules if rule.name in names], "COMPLETE"):
                failed[name].update(map(int, result.result.get("unexpected_index_list") or ()))
    return {name: sorted(positions) for name, positions in failed.items()}


def _results(batch: Any, rules: Iterable[Rule], result_format: str) -> Iterator[tuple[str, Any]]:
    """Yield the result of each expectation with the name of the rule it belongs to."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=_SOURCE, expectations=[each for rule in rules for each in expectations_of(rule)])
    for result in batch.validate(suite, result_format={"result_format": result_format}).results:
        name = result.expectation_config.meta["rule"]
        if problem := _exception(result.exception_info):
            raise RuntimeError(f"The rule {name} could not be evaluated: {problem}")
        yield name, result


@contextmanager
def _batch_of(rows: Frame) -> Iterator[Any]:
    """Yield `rows` as a batch, and let go of them afterwards: a data source keeps the last frame it was given."""
    definition = _batch_definition()
    try:
        yield definition.get_batch({"dataframe": rows})
    finally:
        definition.get_batch({"dataframe": rows.iloc[:0]})


@cache
def _batch_definition() -> Any:
    """Return the one batch definition of this process: in memory, without progress bars.

    Starting a context takes seconds, and each further definition longer than a check.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # some of its dependencies import deprecated modules
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(_SOURCE).add_dataframe_asset(_SOURCE)
    return asset.add_batch_definition_whole_dataframe(_SOURCE)


def expectations_of(rule: Rule) -> list[Any]:
    """Return the expectations that evaluate a rule: one, or one for each column of a rule about several alike."""
    import great_expectations.expectations as module

    gxe: Any = module  # its types are incomplete

    meta, columns = {"rule": rule.name}, rule.columns
    bounds = {"min_value": rule.minimum, "max_value": rule.maximum}
    match rule.expectation:
        case "present" | "filled":
            return [gxe.ExpectColumnValuesToNotBeNull(column=column, meta=meta) for column in columns]
        case "between" | "all_between":
            return [gxe.ExpectColumnValuesToBeBetween(column=column, **bounds, meta=meta) for column in columns]
        case "in_set":
            values = [_comparable(value) for value in rule.values]
            return [gxe.ExpectColumnValuesToBeInSet(column=columns[0], value_set=values, meta=meta)]
        case "not_zero":
            return [gxe.ExpectColumnValuesToNotBeInSet(column=columns[0], value_set=[0], meta=meta)]
        case "unique" if len(columns) == 1:
            return [gxe.ExpectColumnValuesToBeUnique(column=columns[0], meta=meta)]
        case "unique":
            return [gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns), meta=meta)]
        case "not_before" | "after" | "equal":
            pair = {"column_A": columns[0], "column_B": columns[1], "ignore_row_if": "either_value_is_missing"}
            if rule.expectation == "equal":
                return [gxe.ExpectColumnPairValuesToBeEqual(**pair, meta=meta)]
            or_equal = rule.expectation == "not_before"
            return [gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, or_equal=or_equal, meta=meta)]
        case "row_count":
            return [gxe.ExpectTableRowCountToBeBetween(**bounds, meta=meta)]
        case "columns":
            return [gxe.ExpectTableColumnsToMatchSet(column_set=list(columns), exact_match=False, meta=meta)]


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
