"""How everything Dagster loads is put together: assets, checks, jobs, schedule and resource."""

from __future__ import annotations

from dagster import Definitions, ExecutorDefinition, in_process_executor

from displacement.build.models import read_models
from pipelines import sensors
from pipelines.arriving import Releases
from pipelines.assets.build import build_assets
from pipelines.assets.ledger import ledger_asset
from pipelines.assets.models import model_assets
from pipelines.assets.releases import release_assets
from pipelines.jobs import JOBS, SCHEDULES, build_job, fetch_job
from pipelines.resources import Installation


def build_definitions(
    installation: Installation | None = None,
    releases: Releases | None = None,
    executor: ExecutorDefinition = in_process_executor,
) -> Definitions:
    """Return all definitions.

    Args:
        installation: where things are; from the environment unless given.
        releases: where releases come from; from the environment, and the publishers, unless given.
        executor: what runs the steps. In one process by default, since a step takes less time than starting
            a process does; a deployment may choose another.
    """
    installation = installation or Installation()
    here = installation.settings()
    models = read_models(here.sql, here.derived)
    return Definitions(
        assets=[*release_assets(), ledger_asset(), *model_assets(models), *build_assets(list(models))],
        jobs=[build_job(), fetch_job(), *JOBS],
        schedules=[*SCHEDULES, *sensors.SCHEDULES],
        sensors=sensors.SENSORS,
        resources={"installation": installation, "releases": releases or Releases()},
        executor=executor,
    )
