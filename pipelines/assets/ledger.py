"""The door: the figures enter here, compared with their checksums and with every rule of the ledger."""

from collections.abc import Iterator

from dagster import (
    AllPartitionMapping,
    AssetCheckResult,
    AssetDep,
    AssetExecutionContext,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from displacement import quality
from displacement.build import builds
from displacement.build.warehouse import sources
from displacement.ledger import Ledger, holds
from pipelines.assets import OWNERS
from pipelines.assets.releases import TAKEN_IN
from pipelines.checks import rules_result, rules_spec
from pipelines.resources import Installation

LEDGER = "ledger"
SOURCES = ("raw_figures", "raw_indicators", "raw_countries", "raw_releases", "raw_release_datasets")


@multi_asset(
    name=LEDGER,
    specs=[
        AssetSpec(
            LEDGER,
            deps=[AssetDep(TAKEN_IN, partition_mapping=AllPartitionMapping())],
            group_name=LEDGER,
            description="Every figure of every release with the span of releases in which it was current. Its files "
            "are compared with their checksums, then checked by Great Expectations; nothing is modelled when a rule "
            "fails. A build begins with this step.",
            kinds={"parquet", "duckdb"},
            owners=OWNERS,
        )
    ],
    check_specs=[rules_spec(LEDGER)],
    can_subset=True,
)
def ledger(
    context: AssetExecutionContext, installation: Installation
) -> Iterator[MaterializeResult | AssetCheckResult]:  # type: ignore[type-arg]
    """Verify the ledger, begin the build of this run, and check the figures."""
    state = installation.state
    opened = Ledger.open(state.settings)
    with sources(state.settings, SOURCES) as connection:
        if context.selected_asset_keys:
            releases = [str(day) for day in opened.releases()]
            builds.begin(
                state.settings,
                state.run_id,
                releases=tuple(releases),
                inputs=state.inputs,
                figures=opened.sha256,
                held_back=holds.in_short(state.settings),
            )
            quality.forget_results(state.settings.quality)
            rows = connection.execute("select count(*) from raw_figures").fetchall()[0][0]
            yield MaterializeResult(
                asset_key=LEDGER,
                metadata={
                    "dagster/row_count": int(rows),
                    "releases": len(releases),
                    "newest_release": releases[-1],
                    "sha256": opened.sha256,
                },
            )
        if context.selected_asset_check_keys:
            yield rules_result(LEDGER, quality.check_ledger(connection, state.settings))
