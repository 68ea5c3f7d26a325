"""Run the job `build` from a program, as the schedule runs it from a service, and return what it made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from displacement import quality
from displacement.build import builds, publish
from displacement.errors import DisplacementError
from pipelines.definitions import build_definitions
from pipelines.jobs import BUILD
from pipelines.resources import Installation
from pipelines.running import Tell, Watch, error_of, execute, instance_of_environment, watched

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

    from displacement.build.manifest import Build
    from displacement.settings import Settings


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a run made: the build that is now published, and the results of its rules and checks."""

    build: Build
    results: list[quality.Result]


def run_build(
    settings: Settings,
    *,
    pictures: bool,
    site: bool = True,
    take_over: bool = False,
    watch: Watch | None = None,
    tell: Tell | None = None,
) -> FinishedRun:
    """Run the job `build` in this process; return the build it published and the results of its checks.

    With `DAGSTER_HOME` set, the run is kept there and shows in the Dagster UI; else it leaves no trace.

    Args:
        settings: where things are.
        pictures: whether charts are also made as PNG and SVG, where a browser is found.
        site: whether the pages of the site are made.
        take_over: whether the published build of another home may be replaced.
        watch: told which step begins.
        tell: told, before the build is published, what is odd in the figures of the newest date.

    Raises:
        HeldBackError: a rule of severity error failed, or an odd figure moves the headline too far; what was
            published before is untouched.
        DisplacementError: a step failed for a reason it could name.
    """
    installation = Installation(
        home=str(settings.home),
        public=str(settings.public),
        data=str(settings.data),
        pictures=pictures,
        site=site,
        take_over=take_over,
    )
    job = build_definitions(installation).resolve_job_def(BUILD)
    steps = len(job.graph.node_dict)
    with (
        instance_of_environment() as instance,
        watched(instance, watch, steps, tell) as run_id,
        _tidied(settings, run_id, take_over),
    ):
        result = execute(job, instance, run_id)
    _raise_for(result, settings)
    build = builds.published(settings)
    if build is None:
        raise DisplacementError(f"The run ended well, but {settings.public} shows no build.")
    return FinishedRun(build, quality.newest_results(settings))


@contextmanager
def _tidied(settings: Settings, run_id: str, take_over: bool) -> Iterator[None]:
    """Keep the right to build there; remove what is half-made before, since a full disk needs the room, and after."""
    with builds.only_build(settings, run_id):
        builds.tidy(settings)
        publish.require_place(settings, take_over=take_over)
        try:
            yield
        finally:
            builds.tidy(settings)


def _raise_for(result: ExecuteInProcessResult, settings: Settings) -> None:
    """Raise the one sentence that tells why a run failed; do nothing when it did not."""
    if result.success:
        return
    current = builds.published(settings)
    still = f"{settings.public} still shows build {current.build_id}." if current else ""
    quality.require_sound(quality.read_results(settings.quality, _held(result)), settings.quarantine, still)
    raise error_of(result, settings.home, f" {still}" if still else "")


def _held(result: ExecuteInProcessResult) -> list[str]:
    """Return the assets whose check failed in this run."""
    evaluations = result.get_asset_check_evaluations()
    return [one.asset_key.to_user_string() for one in evaluations if not one.passed]
