"""From the publishers to the ledger: what is captured of a release, what it holds, and whether it is added.

Partitioned by release, the day of its capture. A dataset that cannot be had or understood stops alone; what the gate
holds back stops alone. What is made from the ledger afterwards is in `models` and `build`.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    DynamicPartitionsDefinition,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    RetryRequested,
    TableColumn,
    TableRecord,
    TableSchema,
    asset,
    multi_asset,
)

from displacement.errors import DisplacementError
from displacement.intake.model import DatasetReading
from displacement.ledger.ingest import Arrival, all_datasets
from displacement.sources.release import CapturedTable
from pipelines.assets import OWNERS
from pipelines.checks import RULES, rules_result
from pipelines.resources import Releases

if TYPE_CHECKING:
    from displacement.ledger.addition import Change, Report

RELEASES = DynamicPartitionsDefinition(name="release")
"""A partition is the day on which the tables of a release were captured."""

LANDING, INTAKE, TAKEN_IN = "landing", "intake", "taken_in"
NOWCASTING = "nowcasting"
GATE, WHOLE = "gate", "whole"

PUBLISHERS = "publishers"
"""The pool of steps that ask publishers; dagster.yaml lets one of them run at a time, across all runs."""

ABSENT = {"standing": "The release has no such table: what it would say is unknown, not zero."}
"""What is recorded of a dataset that a release lacks. The step records it, since one that said nothing would keep what
comes after it from being done."""

WEEKLY = FreshnessPolicy.time_window(fail_window=timedelta(days=9), warn_window=timedelta(days=8))
"""A full fetch is due every week."""


DATASETS = all_datasets()

LANDED = [
    AssetSpec(
        [LANDING, name],
        group_name=LANDING,
        description=f"The table {name} as the publisher gave it, whole: every page kept as it came, with where it "
        "came from. A table that is not whole records why, and goes no further.",
        kinds={"parquet"},
        owners=OWNERS,
        freshness_policy=WEEKLY,
    )
    for name in DATASETS
]

READ = [
    AssetSpec(
        [INTAKE, name],
        deps=[[LANDING, name]],
        group_name=LANDING,
        description=f"What the table {name} of a release says: codes mapped, dates set, facts summed to the key of "
        "the ledger. Rows that break a rule are in quarantine.",
        kinds={"parquet", "duckdb"},
        owners=OWNERS,
    )
    for name in DATASETS
]


@multi_asset(
    name=LANDING,
    specs=LANDED,
    check_specs=[AssetCheckSpec(WHOLE, asset=spec.key, description="The table is whole.") for spec in LANDED],
    can_subset=True,
    partitions_def=RELEASES,
    pool=PUBLISHERS,
)
def landing(context: AssetExecutionContext, releases: Releases) -> Iterator[MaterializeResult]:  # type: ignore[type-arg]
    """Capture the tables of a release."""
    arrival = releases.arrival(context.partition_key)
    chosen = [name for name in DATASETS if AssetKey([LANDING, name]) in context.selected_asset_keys]
    try:
        captured = arrival.capture(chosen)
    except DisplacementError as error:
        if releases.tries_again:
            raise RetryRequested(max_retries=3, seconds_to_wait=600) from error
        raise
    for name in chosen:
        table = captured.table(name)
        yield MaterializeResult(
            asset_key=[LANDING, name],
            metadata=_of_table(arrival, table) if table else ABSENT,
            check_results=[_whole(name, table)],
        )


@asset(
    key=[LANDING, NOWCASTING],
    deps=[[LANDING, "population"]],  # what gives no table is not asked again for this
    group_name=LANDING,
    description="UNHCR's nowcast of the newest month, kept for ever by the day it was captured: an estimate, in no "
    "release and no figure. The next build scores it once the figure of its month is out.",
    kinds={"json"},
    owners=OWNERS,
    freshness_policy=WEEKLY,
    partitions_def=RELEASES,
    pool=PUBLISHERS,
    check_specs=[AssetCheckSpec(WHOLE, asset=[LANDING, NOWCASTING], description="The nowcast could be kept.")],
)
def nowcasting(context: AssetExecutionContext, releases: Releases) -> MaterializeResult:  # type: ignore[type-arg]
    """Keep UNHCR's nowcast, where publishers are asked at all."""
    arrival, told, stopped = releases.arrival(context.partition_key), "The nowcast is the one that is kept.", None
    try:
        if arrival.directory or arrival.workbook:
            told = "The tables of this release were given, so no nowcast was asked for."
        elif path := arrival.nowcasts():
            told = f"A new nowcast is kept in {path}."
    except DisplacementError as error:
        stopped = str(error)
    return MaterializeResult(
        metadata={"told": stopped or told},
        check_results=[
            AssetCheckResult(
                check_name=WHOLE,
                passed=stopped is None,
                severity=AssetCheckSeverity.WARN,  # a release is whole without it
                description=stopped or told,
            )
        ],
    )


def _of_table(arrival: Arrival, table: CapturedTable) -> dict[str, MetadataValue | int | str]:
    found: dict[str, MetadataValue | int | str] = {"dagster/row_count": table.rows, "pages": len(table.pages)}
    if table.path:
        found |= {"path": MetadataValue.path(str(table.path)), "bytes": table.path.stat().st_size}
    if raw := arrival.first_page(table):
        place, page = raw
        found |= {
            "raw_page": MetadataValue.path(str(place)),
            "sha256": page.sha256,
            "raw_bytes": page.bytes,
            "asked": MetadataValue.url(page.url),
            "fetched_at": page.fetched_at,
            "licence": page.licence,
        }
    return found


def _whole(name: str, table: CapturedTable | None) -> AssetCheckResult:
    stopped = table.stopped if table else None
    return AssetCheckResult(
        check_name=WHOLE,
        asset_key=[LANDING, name],
        passed=stopped is None,
        severity=AssetCheckSeverity.ERROR,
        description=stopped or (f"{table.rows:,} rows." if table else ABSENT["standing"]),
    )


@multi_asset(
    name=INTAKE,
    specs=READ,
    check_specs=[
        AssetCheckSpec(
            RULES, asset=spec.key, description=f"The expectations on the raw table {spec.key.path[-1]} hold."
        )
        for spec in READ
    ],
    can_subset=True,
    partitions_def=RELEASES,
)
def intake(context: AssetExecutionContext, releases: Releases) -> Iterator[MaterializeResult]:  # type: ignore[type-arg]
    """Read what was captured of a release."""
    chosen = [name for name in DATASETS if AssetKey([INTAKE, name]) in context.selected_asset_keys]
    read = releases.arrival(context.partition_key).read(chosen)
    for name in chosen:
        reading = read.dataset(name)
        yield MaterializeResult(
            asset_key=[INTAKE, name],
            metadata=_of_reading(reading) if reading else ABSENT,
            check_results=[rules_result(AssetKey([INTAKE, name]), reading.results if reading else ())],
        )


def _of_reading(reading: DatasetReading) -> dict[str, MetadataValue | int | str]:
    found: dict[str, MetadataValue | int | str] = {
        "rows_read": reading.rows,
        "figures": reading.figures,
        "quarantined": MetadataValue.json(dict(reading.quarantined)),
        "standing": reading.stopped or "may go on",
    }
    if reading.newest_reference_date:
        found |= {"newest_reference_date": str(reading.newest_reference_date), "why": reading.why}
    return found


_CHANGES = TableSchema(
    columns=[
        TableColumn("indicator"),
        TableColumn("reference_date"),
        TableColumn("new", "int"),
        TableColumn("changed", "int"),
        TableColumn("withdrawn", "int"),
        TableColumn("total_before", "int"),
        TableColumn("total_after", "int"),
    ]
)


@asset(
    name=TAKEN_IN,
    deps=[[INTAKE, name] for name in DATASETS],
    group_name="ledger",
    description="The release in the ledger: each indicator compared with the last accepted release before it, and "
    "merged or held back. Content that is known changes nothing.",
    kinds={"parquet", "duckdb"},
    owners=OWNERS,
    partitions_def=RELEASES,
    check_specs=[AssetCheckSpec(GATE, asset=TAKEN_IN, description="Every table was read, and the gate holds nothing.")],
)
def taken_in(context: AssetExecutionContext, releases: Releases) -> MaterializeResult:  # type: ignore[type-arg]
    """Judge what was read, and add what may go on to the ledger."""
    arrival = releases.arrival(context.partition_key)
    came = arrival.add()
    return MaterializeResult(
        metadata={
            "told": MetadataValue.md("\n".join(f"- {sentence}" for sentence in came.sentences())),
            "is_new": came.is_new,
            "figures_new": came.new,
            "figures_changed": came.changed,
            "figures_withdrawn": came.withdrawn,
            "held_back": len(came.held),
            "ledger": MetadataValue.path(str(came.ledger)),
            "changes": MetadataValue.table([_record(change) for change in came.changes], _CHANGES),
            "quality_report": MetadataValue.path(str(arrival.settings.public / "quality" / "index.html")),
        },
        check_results=[
            AssetCheckResult(
                check_name=GATE,
                asset_key=TAKEN_IN,
                passed=not came.is_held,
                severity=AssetCheckSeverity.ERROR,
                description=" ".join(_reasons(came)) or "Nothing is held back.",
            )
        ],
    )


def _reasons(came: "Report") -> list[str]:
    stopped = [each.sentence for each in came.datasets if each.outcome == "stopped"]
    return [finding.sentence for finding in came.held] + stopped


def _record(change: "Change") -> TableRecord:
    return TableRecord({name: _shown(value) for name, value in asdict(change).items()})


def _shown(value: Any) -> str | int | None:
    return value if isinstance(value, int | str) or value is None else str(value)


RELEASE_ASSETS = [landing, nowcasting, intake, taken_in]
