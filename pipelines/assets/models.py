"""The models: one asset for each `.sql` file, made and held against its rules in one step.

Dependencies, descriptions, column schemas and column lineage come from the SQL and the catalogue; an asset adds none.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableSchema,
    multi_asset,
)

from displacement import quality
from displacement.build import builds
from displacement.build.models import Model
from displacement.catalogue import Table, load_catalogue
from displacement.ledger import Ledger, holds
from displacement.storage.files import write_text
from pipelines.assets import OWNERS
from pipelines.checks import rules_result, rules_spec
from pipelines.resources import Installation, RunState

SQL_CHECKS = "sql_checks"


def write_lineage(state: RunState) -> None:
    """Record where each column comes from, for the model `lineage`."""
    _write_record(state, "lineage", [asdict(step) for step in state.lineage])


def write_quality_results(state: RunState) -> None:
    """Record the results of all rules held so far, for the model `quality_results`."""
    results = quality.newest_results(state.settings, but="quality_results")
    _write_record(state, "quality_results", [asdict(result) for result in results])


def write_build(state: RunState) -> None:
    """Begin the build of this run and record its identity, for the model `build`."""
    ledger = Ledger.open(state.settings)
    identity = builds.begin(
        state.settings,
        state.run_id,
        releases=tuple(str(day) for day in ledger.releases()),
        inputs=state.inputs,
        figures=ledger.sha256,
        held_back=holds.in_short(state.settings),
    )
    _write_record(state, "build", [asdict(identity)])


def _write_record(state: RunState, name: str, rows: list[dict[str, object]]) -> None:
    write_text(state.settings.records / f"{name}.json", json.dumps(rows, ensure_ascii=False) + "\n")


RECORDS: Mapping[str, Callable[[RunState], None]] = {
    "lineage": write_lineage,
    "quality_results": write_quality_results,
    "build": write_build,
}
"""Models that read what the build records about itself, and what writes the record before the model is made."""

LATER, LAST = ({"dagster/priority": priority} for priority in ("-1", "-2"))
"""Tags of steps that can wait. Records are made after the other tables: sooner, they would stand in the way of what is
being made in the background. The checks across tables come after them, since they are waited for."""


def model_assets(models: Mapping[str, Model]) -> list[AssetsDefinition]:
    """Return one asset for each model."""
    checked = [name for name in models if name != "quality_results"]
    return [_model_asset(model, checked) for model in models.values()]


def _dependencies(model: Model, checked: list[str]) -> list[str]:
    """Return what a model is made after: what it reads (sources enter at the ledger), and what its columns refer to."""
    if model.name == "quality_results":
        return [*checked, SQL_CHECKS]
    door = {"ledger"} if set(model.reads) - set(model.reads_models) else set()
    return sorted({*model.reads_models, *referred_to(load_catalogue().tables[model.name]), *door})


def _model_asset(model: Model, checked: list[str]) -> AssetsDefinition:
    table = load_catalogue().tables[model.name]

    spec = AssetSpec(
        model.name,
        deps=_dependencies(model, checked),
        group_name=model.layer,
        description=f"{table.row}\n\n{model.header}",
        kinds={"sql", "duckdb", "parquet"},
        owners=OWNERS,
        metadata={"dagster/column_schema": column_schema(table), "sql": f"sql/{model.layer}/{model.name}.sql"},
    )

    # The step has a name of its own: the table `build` and the job `build` could not share one.
    @multi_asset(
        name=f"{model.layer}_{model.name}",
        specs=[spec],
        op_tags=LATER if model.name in RECORDS else None,
        check_specs=[] if table.checked_by else [rules_spec(model.name)],
    )
    def model_asset(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        if model.name in RECORDS:
            RECORDS[model.name](state)
        results = state.prepare(model)
        rows = state.workbench.keep(model.name)
        return MaterializeResult(
            asset_key=model.name,
            metadata={"dagster/row_count": rows, "dagster/column_lineage": dagster_lineage(state, model.name)},
            check_results=[] if table.checked_by else [rules_result(model.name, results)],
        )

    return model_asset


def referred_to(table: Table) -> list[str]:
    """Return the tables that columns of a table refer to, itself left out."""
    names = {column.references.split(".")[0] for column in table.columns if column.references}
    return sorted(names - {table.name})


def column_schema(table: Table) -> TableSchema:
    """Return the columns of a table as the Dagster UI shows them."""
    return TableSchema(
        columns=[
            TableColumn(
                column.name,
                column.type,
                column.description,
                TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


def dagster_lineage(state: RunState, name: str) -> TableColumnLineage:
    """Return where each column of a model comes from as the Dagster UI shows it."""
    deps: dict[str, dict[TableColumnDep, None]] = {}  # each once: several sources enter at one asset
    for step in state.lineage:
        if step.table_name == name:
            source = AssetKey(step.source_table if step.source_table in state.models else "ledger")
            deps.setdefault(step.column_name, {})[TableColumnDep(source, step.source_column)] = None
    return TableColumnLineage({column: list(found) for column, found in deps.items()})
