"""The jobs, and when they run."""

from dagster import (
    AssetSelection,
    Config,
    DefaultScheduleStatus,
    JobDefinition,
    OpExecutionContext,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    job,
    op,
    schedule,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from displacement import publication
from displacement.fingerprint import fingerprint
from displacement.settings import Settings
from pipelines.resources import Installation

BUILD = "build"


def build_job() -> UnresolvedAssetJobDefinition:
    """Return the job that makes every asset and shows the new build."""
    return define_asset_job(
        BUILD,
        selection=AssetSelection.all(),
        description="Verify and validate the figures, make every model, publish the file, the charts and the pages.",
    )


class PublishConfig(Config):
    """Which build to show: its id, or the newest when empty."""

    build_id: str = ""


@op(name="show_build", description="Switch `public` to a build that is whole, such as one before a rollback.")
def _show_build(context: OpExecutionContext, config: PublishConfig, installation: Installation) -> None:
    build = publication.publish(installation.settings(), config.build_id or None)
    context.log.info(f"{installation.settings().public} shows build {build.build_id}")


@job(
    name="publish", description="Show a finished build again: the newest, or the one named in the run's configuration."
)
def publish_job() -> None:
    """Show a finished build."""
    _show_build()


@schedule(
    name="daily",
    job_name=BUILD,
    cron_schedule="15 6 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.STOPPED,
    description="Every morning; skipped when nothing has changed since the build on show.",
)
def daily_schedule(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Ask for a build when its inputs differ from those of the build on show."""
    settings = Settings.from_environment()
    inputs = fingerprint(settings, pictures=True)
    reason = publication.reason_not_to_build(settings, inputs)
    if reason:
        return SkipReason(reason)
    return RunRequest(run_key=f"{inputs[:16]}-{context.scheduled_execution_time:%Y-%m-%d}")


JOBS: list[JobDefinition] = [publish_job]
SCHEDULES: list[ScheduleDefinition] = [daily_schedule]
