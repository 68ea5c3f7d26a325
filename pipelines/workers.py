"""Runs on Celery's workers (deploy/celery/dagster.yaml): as with Dagster's launcher, but a lost worker is noticed.

Redis cannot tell a worker that is gone from one that is slow, and Dagster's launcher believes the last state it was
told. Here the worker that began a run is asked whether it is still there; if not, the run has failed, and `run_retries`
lets another worker do what is left of it.
"""

from __future__ import annotations

from typing import Any

from dagster import DagsterRun
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

PATIENCE = 10.0
"""Seconds a worker has to answer. Its main process answers while a run keeps the others busy."""

TRIES = 3


class WatchedCeleryRunLauncher(CeleryRunLauncher):  # type: ignore[misc]
    """Starts runs as Celery tasks, and notices when the worker of one is gone."""

    def check_run_worker_health(self, run: DagsterRun) -> Any:
        """Return Dagster's own finding on the worker of a run; "failed" where the worker does not answer any more."""
        found = super().check_run_worker_health(run)
        task = self.celery.AsyncResult(run.tags[DAGSTER_CELERY_TASK_ID_TAG])
        told = task.info if task.state == "STARTED" else None
        if not isinstance(told, dict) or "hostname" not in told or self._answers(told["hostname"]):
            return found
        return found._replace(
            status=type(found.status).FAILED,
            msg=f"The worker {told['hostname']}, which began this run, is not there any more.",
        )

    def _answers(self, worker: str) -> bool:
        return any(self.celery.control.ping(destination=[worker], timeout=PATIENCE / TRIES) for _ in range(TRIES))
