"""From quality results to what Dagster shows: one blocking check a table, its rules as metadata."""

from __future__ import annotations

from collections.abc import Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    TableColumn,
    TableRecord,
    TableSchema,
)

from displacement.quality import Result, in_one_sentence, stopping

RULES = "rules"
"""Name of the check of all rules of a table."""

_SCHEMA = TableSchema(
    columns=[
        TableColumn("rule"),
        TableColumn("passed", "bool"),
        TableColumn("severity"),
        TableColumn("rows_checked", "int"),
        TableColumn("rows_failed", "int"),
        TableColumn("description"),
    ]
)


def rules_spec(asset: str) -> AssetCheckSpec:
    """Return the blocking check of an asset: what reads from it is not made when a rule of severity error fails."""
    return AssetCheckSpec(RULES, asset=asset, blocking=True, description=f"All quality rules of {asset} hold.")


def rules_result(asset: str | AssetKey, results: Sequence[Result]) -> AssetCheckResult:
    """Return the results of all rules of an asset as one check, with each rule as a row of its metadata."""
    failed = [result for result in results if not result.passed]
    stops = stopping(results)
    return AssetCheckResult(
        asset_key=asset,
        check_name=RULES,
        passed=not failed,
        severity=AssetCheckSeverity.ERROR if stops else AssetCheckSeverity.WARN,
        description=" ".join(in_one_sentence(result) for result in failed) or f"{len(results)} rules hold.",
        metadata={
            "rules": MetadataValue.table([_record(result) for result in results], _SCHEMA),
            "rules_checked": len(results),
            "rules_failed": len(failed),
            "examples": MetadataValue.md("\n".join(f"- `{line}`" for result in failed for line in result.examples)),
        },
    )


def _record(result: Result) -> TableRecord:
    return TableRecord(
        {
            "rule": result.rule,
            "passed": result.passed,
            "severity": result.severity,
            "rows_checked": result.rows_checked,
            "rows_failed": result.rows_failed,
            "description": result.description,
        }
    )
