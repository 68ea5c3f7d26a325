"""Run the job `fetch` from a program, as sensors and schedules run it from a service, and say what came of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from dagster import AssetKey

from displacement.ledger.ingest import Arrival
from pipelines.assets.releases import INTAKE, LANDING, NOWCASTING, RELEASES, TAKEN_IN
from pipelines.definitions import build_definitions
from pipelines.jobs import FETCH
from pipelines.resources import Releases
from pipelines.running import Watch, error_of, execute, instance_of_environment, watched


def run_fetch(arrival: Arrival, datasets: Collection[str] | None = None, watch: Watch | None = None) -> dict[str, Any]:
    """Run the job `fetch` for a release in this process.

    With `DAGSTER_HOME` set, the run is kept there and shows in the Dagster UI; else it leaves no trace.

    Args:
        arrival: the release, and where it comes from.
        datasets: those wanted; all there are if not given.
        watch: told which step begins.

    Returns:
        What the ledger made of the release, and under `nowcast` whether UNHCR's could be kept, where it was asked for.

    Raises:
        DisplacementError: a step failed for a reason it could name; what was published before is untouched.
    """
    releases = Releases(
        home=str(arrival.settings.home),
        public=str(arrival.settings.public),
        directory=str(arrival.directory or ""),
        workbook=str(arrival.workbook or ""),
        newest={dataset: day.isoformat() for dataset, day in arrival.newest.items()},
        tries_again=False,
    )
    job = build_definitions(releases=releases).resolve_job_def(FETCH)
    key = arrival.release.isoformat()
    with instance_of_environment() as instance, watched(instance, watch, len(job.graph.node_dict)) as run_id:
        instance.add_dynamic_partitions(str(RELEASES.name), [key])
        result = execute(job, instance, run_id, partition_key=key, assets=_assets(datasets))
    if not result.success:
        raise error_of(result, arrival.settings.home)
    checks = result.get_asset_check_evaluations()
    nowcast = [one.description for one in checks if one.asset_key == AssetKey([LANDING, NOWCASTING])]
    is_asked = not (arrival.directory or arrival.workbook)
    return _read(arrival.record) | {"nowcast": nowcast if is_asked else []}


def _assets(datasets: Collection[str] | None) -> list[AssetKey] | None:
    if datasets is None:
        return None
    return [AssetKey([room, name]) for room in (LANDING, INTAKE) for name in datasets] + [AssetKey(TAKEN_IN)]


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
