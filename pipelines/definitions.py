"""What Dagster loads (workspace.yaml names this module): assets, checks, jobs, schedules, sensors and resources."""

from __future__ import annotations

from dagster import Definitions, ExecutorDefinition, in_process_executor

from displacement.build.models import read_models, require_described
from displacement.catalogue import load_catalogue
from pipelines import jobs, sensors
from pipelines.assets.build import BUILD_ASSETS
from pipelines.assets.ledger import ledger
from pipelines.assets.models import model_assets
from pipelines.assets.releases import RELEASE_ASSETS
from pipelines.resources import Installation, Releases


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
    models = read_models(installation.settings().sql)
    require_described(models, load_catalogue())
    return Definitions(
        assets=[*RELEASE_ASSETS, ledger, *model_assets(models), *BUILD_ASSETS],
        jobs=[jobs.build_job, jobs.fetch_job, jobs.publish_job, jobs.accept_held_job, jobs.take_back_job],
        schedules=sensors.SCHEDULES,
        sensors=sensors.SENSORS,
        resources={"installation": installation, "releases": releases or Releases()},
        executor=executor,
    )


definitions = build_definitions()
