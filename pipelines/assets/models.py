"""The models: one asset for each `.sql` file, made and checked in one step; then one asset for all of them.

Dependencies, descriptions, column schemas and column lineage come from the SQL and the catalogue; an asset adds none.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableSchema,
    asset,
    multi_asset,
)

from displacement import quality
from displacement.build.models import Model
from displacement.build.warehouse import Warehouse, described_macros
from displacement.catalogue import Table, load_catalogue
from displacement.storage.files import write_text
from pipelines.assets import OWNERS
from pipelines.assets.ledger import LEDGER
from pipelines.checks import rules_result, rules_spec
from pipelines.resources import Installation, RunState

MODELS = "models"
SQL_CHECKS = quality.SQL_CHECKS
STAGING, META = "staging", "meta"

RECORDS = ("lineage", "build", "macros", "quality_results")
"""Models of what the build records about itself. `quality_results` is the last: it holds the results of all others."""

SOURCES_CHECKED = ("raw_figures",)
"""Sources that checks across tables compare with what was made of them."""


def model_assets(models: Mapping[str, Model]) -> list[AssetsDefinition]:
    """Return one asset for each model, the asset that represents all of them, and the checks across tables."""
    first = [model for model in models.values() if model.name not in RECORDS]
    read = {name for model in first for name in _dependencies(model)}
    leaves = [model.name for model in first if model.name not in read]
    return [*(_model_asset(model) for model in models.values()), _all_models(leaves), _sql_checks()]


def _dependencies(model: Model) -> list[str]:
    """Return what a model is made after: what it reads (sources enter at the ledger), and what its columns refer to."""
    if model.name in RECORDS:
        return [MODELS, SQL_CHECKS, *(RECORDS[:-1] if model.name == RECORDS[-1] else ())]
    door = {LEDGER} if set(model.reads) - set(model.reads_models) else set()
    return sorted({*model.reads_models, *referred_to(load_catalogue().tables[model.name]), *door})


def _model_asset(model: Model) -> AssetsDefinition:
    table = load_catalogue().tables[model.name]

    # The step has a name of its own: the table `build` and the job `build` could not share one.
    @multi_asset(
        name=f"{model.layer}_{model.name}",
        specs=[
            AssetSpec(
                model.name,
                deps=_dependencies(model),
                group_name=META if model.name in RECORDS else model.layer,
                description=f"{table.row}\n\n{model.header}",
                kinds={"sql", "duckdb"},
                owners=OWNERS,
                metadata={"dagster/column_schema": column_schema(table), "sql": f"sql/{model.layer}/{model.name}.sql"},
            )
        ],
        check_specs=[] if table.checked_by else [rules_spec(model.name)],
        can_subset=True,
    )
    def model_asset(
        context: AssetExecutionContext, installation: Installation
    ) -> Iterator[MaterializeResult | AssetCheckResult]:  # type: ignore[type-arg]
        state = installation.state
        if context.selected_asset_keys:
            if model.name in RECORDS:
                _write_record(state, model.name)
            rows = state.writing().make(model)
            yield MaterializeResult(
                asset_key=model.name,
                metadata={"dagster/row_count": rows, "dagster/column_lineage": dagster_lineage(state, model.name)},
            )
        if context.selected_asset_check_keys:
            warehouse = state.writing() if context.selected_asset_keys else state.reading()
            yield rules_result(model.name, _checked(warehouse, model, table))

    return model_asset


def _checked(warehouse: Warehouse, model: Model, table: Table) -> list[quality.Result]:
    """Evaluate the rules of a table: Great Expectations where it comes from outside, else DuckDB."""
    is_from_outside = model.layer == STAGING and model.name not in RECORDS
    check = quality.check_reference if is_from_outside else quality.check_table
    return check(warehouse.connection, table, warehouse.settings)


def _write_record(state: RunState, name: str) -> None:
    """Write what the build records about itself to the file that the model of this name reads."""
    rows: Sequence[Any]
    if name == "lineage":
        rows = state.lineage
    elif name == "build":
        rows = [state.build.identity]
    elif name == "macros":
        rows = described_macros(state.settings)
    else:
        rows = quality.newest_results(state.settings, but=name)
    text = json.dumps([row if isinstance(row, dict) else asdict(row) for row in rows], ensure_ascii=False)
    write_text(state.settings.records / f"{name}.json", text + "\n")


def _all_models(leaves: list[str]) -> AssetsDefinition:
    @asset(
        name=MODELS,
        deps=leaves,
        group_name="checks",
        description="All models, in one file: what comes after them needs to name none. Views and macros are added "
        "here.",
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def models(installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        installation.state.writing().complete()
        return MaterializeResult(metadata={"models": len(installation.state.models)})

    return models


def _sql_checks() -> AssetsDefinition:
    @multi_asset(
        name=SQL_CHECKS,
        specs=[
            AssetSpec(
                SQL_CHECKS,
                deps=[MODELS],
                group_name="checks",
                description="The checks across tables (sql/checks): returned rows are failures.",
                kinds={"sql", "duckdb"},
                owners=OWNERS,
            )
        ],
        check_specs=[rules_spec(SQL_CHECKS)],
        can_subset=True,
    )
    def sql_checks(
        context: AssetExecutionContext, installation: Installation
    ) -> Iterator[MaterializeResult | AssetCheckResult]:  # type: ignore[type-arg]
        state = installation.state
        warehouse = state.writing() if context.selected_asset_keys else state.reading()
        warehouse.provide(SOURCES_CHECKED)
        results = quality.check_sql(warehouse.connection, state.settings)
        if context.selected_asset_keys:
            yield MaterializeResult(asset_key=SQL_CHECKS, metadata={"checks": len(results)})
        if context.selected_asset_check_keys:
            yield rules_result(SQL_CHECKS, results)

    return sql_checks


def referred_to(table: Table) -> list[str]:
    """Return the tables that columns of a table refer to, itself left out."""
    names = {column.references.split(".")[0] for column in table.columns if column.references}
    named = {"countries"} if any(column.name_of for column in table.columns) else set()
    return sorted((names | named) - {table.name})


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
            source = AssetKey(step.source_table if step.source_table in state.models else LEDGER)
            deps.setdefault(step.column_name, {})[TableColumnDep(source, step.source_column)] = None
    return TableColumnLineage({column: list(found) for column, found in deps.items()})
