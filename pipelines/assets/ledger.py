"""The door: the figures enter here, compared with their checksums and held against every rule of the ledger."""

from dagster import AllPartitionMapping, AssetDep, AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

from displacement import quality
from displacement.ledger import Ledger
from pipelines.assets import OWNERS
from pipelines.assets.models import RECORDS
from pipelines.assets.releases import TAKEN_IN
from pipelines.checks import rules_result, rules_spec
from pipelines.resources import Installation

MANY = range(2)
"""Stands for the selection of a run that was given none: all assets."""


def ledger_asset() -> AssetsDefinition:
    """Return the asset `ledger`: every figure of every release, verified and validated."""

    @asset(
        name="ledger",
        deps=[AssetDep(TAKEN_IN, partition_mapping=AllPartitionMapping())],
        group_name="ledger",
        description="Every figure of every release with the span of releases in which it stood. Its files are compared "
        "with their checksums, then held against the rules of the ledger; nothing is modelled when one fails.",
        kinds={"parquet", "duckdb"},
        owners=OWNERS,
        check_specs=[rules_spec("ledger")],
    )
    def ledger(context: AssetExecutionContext, installation: Installation) -> MaterializeResult:  # type: ignore[type-arg]
        state = installation.state
        opened = Ledger.open(state.settings)
        begun = state.checker.ledger(state.settings)
        if len(context.run.asset_selection or MANY) > 1:
            state.begin(model for model in state.models.values() if model.name not in RECORDS)
        state.read_ahead()
        results = begun.result()
        quality.vouch(quality.LEDGER, state.inputs, state.settings)
        state.workbench.provide(["raw_figures"])
        releases = opened.releases()
        return MaterializeResult(
            metadata={
                "dagster/row_count": state.workbench.count("raw_figures"),
                "releases": len(releases),
                "newest_release": str(releases[-1]),
                "sha256": opened.sha256,
            },
            check_results=[rules_result("ledger", results)],
        )

    return ledger
