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

from displacement.build import builds
from displacement.build.fingerprint import fingerprint
from displacement.settings import Settings
from displacement.sources.release import release_of
from pipelines.arriving import Releases
from pipelines.assets.releases import INTAKE, LANDING, TAKEN_IN
from pipelines.resources import Installation

BUILD = "build"
FETCH = "fetch"


def build_job() -> UnresolvedAssetJobDefinition:
    """Return the job that makes every asset and shows the new build."""
    return define_asset_job(
        BUILD,
        selection=AssetSelection.all() - of_releases(),
        # A lost worker takes what the build had made with it, so another one starts from the first step.
        tags={"displacement/job": BUILD, "dagster/retry_strategy": "ALL_STEPS"},
        description="Verify and validate the figures, make every model, publish the file, the charts and the pages.",
    )


def of_releases() -> AssetSelection:
    """Return the assets by release: what is captured, what it says, and what the ledger made of it."""
    return AssetSelection.groups(LANDING, INTAKE) | AssetSelection.assets(TAKEN_IN)


def fetch_job() -> UnresolvedAssetJobDefinition:
    """Return the job that takes a release in: its partition is the day of its capture."""
    return define_asset_job(
        FETCH,
        selection=of_releases(),
        description="Capture the tables of a release, hold them against their expectations, judge them, and merge what "
        "may go on into the ledger. A build follows when the ledger has changed.",
    )


class DecisionConfig(Config):
    """What is decided: a release, an indicator or table of it that is held back, and why."""

    release: str
    indicator: str
    reason: str


@op(name="accept", description="Let something that the release gate holds back into the figures.")
def _accept(context: OpExecutionContext, config: DecisionConfig, releases: Releases) -> None:
    from displacement.ledger.holds import accept

    came = accept(releases.settings(), release_of(config.release), config.indicator, config.reason)
    for sentence in came.sentences():
        context.log.info(sentence)


@op(name="take_back", description="Hold back again what was accepted.")
def _take_back(context: OpExecutionContext, config: DecisionConfig, releases: Releases) -> None:
    from displacement.ledger.holds import take_back

    came = take_back(releases.settings(), release_of(config.release), config.indicator, config.reason)
    for sentence in came.sentences():
        context.log.info(sentence)


@job(name="accept_held", description="Accept, with a reason, what the release gate holds back; build afterwards.")
def accept_held_job() -> None:
    """Accept what is held back."""
    _accept()


@job(name="take_back_accepted", description="Take an acceptance back, with a reason; build afterwards.")
def take_back_job() -> None:
    """Take an acceptance back."""
    _take_back()


class PublishConfig(Config):
    """Which build to show: its id, or the newest when empty."""

    build_id: str = ""


@op(name="show_build", description="Switch `public` to a build that is whole, such as one before a rollback.")
def _show_build(context: OpExecutionContext, config: PublishConfig, installation: Installation) -> None:
    build = builds.publish(installation.settings(), config.build_id or None)
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
    reason = builds.reason_not_to_build(settings, inputs)
    if reason:
        return SkipReason(reason)
    return RunRequest(run_key=f"{inputs[:16]}-{context.scheduled_execution_time:%Y-%m-%d}")


JOBS: list[JobDefinition] = [publish_job, accept_held_job, take_back_job]
SCHEDULES: list[ScheduleDefinition] = [daily_schedule]
