"""The jobs."""

from dagster import (
    AssetSelection,
    Config,
    OpExecutionContext,
    define_asset_job,
    job,
    op,
)

from displacement.build import publish
from displacement.sources.release import release_of
from pipelines.assets.releases import INTAKE, LANDING, TAKEN_IN
from pipelines.resources import Installation, Releases

BUILD = "build"
FETCH = "fetch"


OF_RELEASES = AssetSelection.key_prefixes([LANDING], [INTAKE]) | AssetSelection.assets(TAKEN_IN)
"""The assets by release: what is captured, what it holds, and what the ledger made of it."""

build_job = define_asset_job(
    BUILD,
    selection=AssetSelection.all() - OF_RELEASES,
    # A build is of one directory on one machine: another worker that goes on after a lost one begins again.
    tags={"displacement/job": BUILD, "dagster/retry_strategy": "ALL_STEPS"},
    description="Verify and validate the figures, make every model, publish the file, the charts and the pages.",
)

fetch_job = define_asset_job(
    FETCH,
    selection=OF_RELEASES,
    description="Capture the tables of a release (its partition is the day of the capture), check them against their "
    "expectations, judge them, and add what may go on to the ledger. A build follows when the ledger has changed.",
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
    build = publish.publish_again(installation.settings(), config.build_id or None)
    context.log.info(f"{installation.settings().public} shows build {build.build_id}")


@job(
    name="publish", description="Show a finished build again: the newest, or the one named in the run's configuration."
)
def publish_job() -> None:
    """Show a finished build."""
    _show_build()
