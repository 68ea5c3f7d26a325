"""What Dagster loads, and what a run records: descriptions, owners, schemas, lineage, blocking checks, schedule."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from displacement.build import builds, publish
from displacement.build.fingerprint import fingerprint
from displacement.catalogue import load_catalogue
from displacement.quality import LEDGER, SQL_CHECKS
from displacement.quality.results import store_results
from displacement.settings import Settings
from pipelines.definitions import build_definitions
from pipelines.resources import Installation
from pipelines.running import error_of
from pipelines.sensors import ledger_changes
from tests.conftest import Built
from tests.unit.test_publication import made, shown

TABLES = load_catalogue().tables


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def of_a_release(key: dg.AssetKey) -> bool:
    """Say whether an asset is made by the job `fetch`, not by `build`."""
    return key.path[0] in ("landing", "intake", "taken_in")


def test_the_definitions_can_be_loaded_and_every_model_is_an_asset(
    definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]
) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert set(TABLES) < set(specs)
    assert {"ledger", "sql_checks", "warehouse", "downloads", "charts", "site", "publication"} < set(specs)


def test_the_site_is_made_after_the_file_it_reads_and_whatever_it_lists(specs: dict[str, dg.AssetSpec]) -> None:
    """Only the order of names kept the site behind the file once the charts no longer waited for it."""
    assert {"warehouse", "charts", "downloads", "quality_report", "changes"} <= made_before("site", specs)


@pytest.mark.parametrize("made", ["warehouse", "downloads", "charts"])
def test_what_people_see_is_made_after_every_table_and_the_checks_across_them(
    made: str, specs: dict[str, dg.AssetSpec]
) -> None:
    assert {*TABLES, "sql_checks"} <= made_before(made, specs)


GROUPS = ("landing", "ledger", "staging", "marts", "projections", "checks", "meta", "publication")


def test_groups_read_from_left_to_right_and_one_asset_stands_for_all_models(specs: dict[str, dg.AssetSpec]) -> None:
    assert {spec.group_name for spec in specs.values()} == set(GROUPS)
    for name, spec in specs.items():
        before = [specs[dep.asset_key.to_user_string()] for dep in spec.deps]
        assert all(GROUPS.index(one.group_name or "") <= GROUPS.index(spec.group_name or "") for one in before), name
        assert len(before) <= 20, name
    assert {*TABLES} - {"lineage", "build", "macros", "quality_results"} <= made_before("models", specs)


def made_before(name: str, specs: dict[str, dg.AssetSpec]) -> set[str]:
    """Return the assets that must be there before one of them is made."""
    before: set[str] = set()
    waiting = [name]
    while waiting:
        found = {dep.asset_key.to_user_string() for dep in specs[waiting.pop()].deps} - before
        before |= found
        waiting += found & set(specs)
    return before


def test_every_asset_says_what_it_is_whose_it_is_and_of_what_kind(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.group_name not in (None, "default"), name
        assert spec.owners, name
        assert spec.kinds or name == "publication", name


def test_every_model_shows_its_columns_with_type_and_description(specs: dict[str, dg.AssetSpec]) -> None:
    for name, table in TABLES.items():
        schema: Any = specs[name].metadata["dagster/column_schema"]
        assert [(column.name, column.type, column.description) for column in schema.columns] == [
            (column.name, column.type, column.description) for column in table.columns
        ]


def test_a_model_comes_after_what_it_reads(specs: dict[str, dg.AssetSpec]) -> None:
    def before(name: str) -> set[str]:
        return {dep.asset_key.to_user_string() for dep in specs[name].deps}

    assert {"figures", "headlines", "headline_components", "overlap_rules"} <= before("global_totals")
    assert "ledger" in before("figures_history")
    assert {"charts", "quality_report", "downloads", "changes"} <= before("site")


def test_every_check_of_a_build_blocks_what_comes_after(definitions: dg.Definitions) -> None:
    # What is amiss with one dataset of a release must not keep the others from the ledger.
    checks = [
        spec
        for assets in definitions.assets or []
        if isinstance(assets, dg.AssetsDefinition)
        for spec in assets.check_specs
        if not of_a_release(spec.asset_key)
    ]
    checked = {spec.asset_key.to_user_string() for spec in checks}
    assert all(spec.blocking for spec in checks)
    assert checked == {name for name, table in TABLES.items() if not table.checked_by} | {"ledger", "sql_checks"}


def test_steps_run_in_one_process_unless_a_deployment_chooses_otherwise(definitions: dg.Definitions) -> None:
    # Twenty trivial assets take 0.4 s in one process and 134 s in one process each.
    assert definitions.resolve_job_def("build").executor_def is dg.in_process_executor
    other = build_definitions(executor=dg.multiprocess_executor)
    assert other.resolve_job_def("build").executor_def is dg.multiprocess_executor


def test_jobs_and_what_starts_them(definitions: dg.Definitions) -> None:
    for job in ("build", "fetch", "publish", "accept_held", "take_back_accepted"):
        assert definitions.resolve_job_def(job).description
    started = {one.name: one.job_name for one in (definitions.resolve_sensor_def("ledger_changes"),)}
    assert started == {"ledger_changes": "build"}
    assert definitions.resolve_schedule_def("weekly_fetch").job_name == "fetch"


def test_nobody_is_told_what_is_run_here(root: Path) -> None:
    program = "import os; import pipelines; print(os.environ['DAGSTER_DISABLE_TELEMETRY'])"
    environment = {"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip()
    assert "telemetry:\n  enabled: false" in (root / "dagster.yaml").read_text()


def test_the_definitions_import_no_library_that_only_a_step_needs(root: Path) -> None:
    program = """
import sys
import pipelines.definitions
print([name for name in ("great_expectations", "plotly", "pandas") if name in sys.modules])
"""
    environment = {"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


# --- what a run records -----------------------------------------------------------------------------------------------


def materializations(built: Built) -> dict[str, dict[str, Any]]:
    return {
        event.asset_key.to_user_string(): dict(event.materialization.metadata)
        for event in built.events
        if event.is_step_materialization and event.asset_key
    }


def test_a_run_makes_every_asset_and_names_each_step_as_it_begins(built: Built, specs: dict[str, dg.AssetSpec]) -> None:
    wanted = {name for name, spec in specs.items() if not of_a_release(spec.key)}
    assert set(materializations(built)) == wanted
    named = {step for step, _, _ in built.steps}
    assert len(named) == len(wanted)
    assert {"ledger", "staging_figures", "marts_corridors", "models", "warehouse", "publication"} <= named
    assert built.steps[-1][1:] == (len(wanted), len(wanted))
    assert [done for _, done, _ in built.steps] == sorted(done for _, done, _ in built.steps)


def test_a_run_records_the_rows_of_every_model(built: Built) -> None:
    metadata = materializations(built)
    with_rows = {name: metadata[name]["dagster/row_count"].value for name in TABLES}
    assert with_rows["figures"] == 670_391
    assert with_rows["releases"] == 11
    empty = {name for name, count in with_rows.items() if count == 0}
    assert empty <= {name for name, table in TABLES.items() if table.may_be_empty}
    assert metadata["ledger"]["newest_release"].value == "2026-06-25"


def test_a_run_records_where_every_column_comes_from(built: Built) -> None:
    metadata = materializations(built)
    for name, table in TABLES.items():
        lineage = metadata[name]["dagster/column_lineage"].value.deps_by_column
        assert set(lineage) <= set(table.column_names), name
        assert lineage, name
    total = metadata["global_totals"]["dagster/column_lineage"].value.deps_by_column["refugees"]
    assert ("figures", "value") in {(dep.asset_key.to_user_string(), dep.column_name) for dep in total}


def test_a_run_shows_every_rule_and_how_it_came_out(built: Built) -> None:
    evaluations = [
        event.asset_check_evaluation_data
        for event in built.events
        if event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    assert all(evaluation.passed for evaluation in evaluations)
    rules = sum(int(str(evaluation.metadata["rules_checked"].value)) for evaluation in evaluations)
    assert rules == len(built.results)


# --- a part of a build, as the Dagster UI can be told to make it -----------------------------------------------------


def materialized(built: Built, home: Path, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
    """Make a part of the definitions beside a published build, in a home of its own."""
    installation = Installation(home=str(home), public=str(built.public), pictures=False, site=False)
    job = dg.define_asset_job("part", selection=selection)
    found = build_definitions(installation)
    parts = dg.Definitions(assets=found.assets, jobs=[job], resources=found.resources, executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral() as instance:
        return parts.resolve_job_def("part").execute_in_process(instance=instance, raise_on_error=False)


def test_a_table_made_alone_is_a_trial_beside_the_published_build(built: Built, tmp_path: Path) -> None:
    before = built.file.stat()
    result = materialized(built, tmp_path / "var", dg.AssetSelection.assets("corridors", "rankings"))
    assert result.success
    rows = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in result.all_events
        if event.is_step_materialization and event.asset_key
    }
    with duckdb.connect(str(built.file), read_only=True) as connection:
        for name in ("corridors", "rankings"):
            assert connection.execute(f"select count(*) from {name}").fetchall() == [(rows[name],)]
    assert all(one.passed for one in result.get_asset_check_evaluations())
    assert (built.file.stat().st_ino, built.file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name.partition("-")[0] for path in (tmp_path / "var/builds").iterdir()] == ["trial"]


def test_a_trial_is_never_published(built: Built, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "var", built.public)
    for name in (LEDGER, SQL_CHECKS, *TABLES):  # as a build before left them
        store_results(name, [], settings.quality)
    result = materialized(built, settings.home, dg.AssetSelection.assets("publication"))
    assert not result.success
    assert "did not begin with the step `ledger`" in str(error_of(result, settings.home))
    assert builds.published(settings) == built.build


@pytest.mark.parametrize("name", ["ledger", "countries", "corridors", "sql_checks"])
def test_a_check_is_executed_alone(built: Built, tmp_path: Path, name: str) -> None:
    selection = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(name), "rules"))
    result = materialized(built, tmp_path / "var", selection)
    assert result.success
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.passed and int(str(evaluation.metadata["rules_checked"].value)) > 3
    assert not any(event.is_step_materialization for event in result.all_events)
    assert not list((tmp_path / "var").glob("builds/*"))


# --- the sensor and the job `publish` ---------------------------------------------------------------------------------


def asked() -> Any:
    return ledger_changes(dg.build_sensor_context())


def test_the_sensor_asks_for_a_build_where_there_is_none() -> None:
    request = asked()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"inputs-{fingerprint(Settings.from_environment(), pictures=True)[:32]}"


def test_the_sensor_skips_when_nothing_has_changed_and_says_so(here: Settings) -> None:
    shown(here, "a", inputs=fingerprint(here, pictures=True))
    assert "Nothing has changed since build" in asked().skip_message


def test_the_sensor_builds_nothing_that_was_rolled_back(here: Settings) -> None:
    shown(here, "a", inputs="older")
    shown(here, "b", inputs=fingerprint(here, pictures=True))
    publish.rollback(here)
    assert "rolled back" in asked().skip_message


@pytest.mark.parametrize("named", [False, True])
def test_the_job_publish_shows_the_newest_build_or_the_one_named(here: Settings, named: bool) -> None:
    first = shown(here, "a")
    second = made(here, "b")
    installation = Installation(home=str(here.home), public=str(here.public))
    job = build_definitions(installation).resolve_job_def("publish")
    config = {"ops": {"show_build": {"config": {"build_id": first.build_id if named else ""}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, run_config=config).success
    assert builds.published(here) == (first if named else second)
