"""What is done by itself: fetches when publishers' tables change, builds when the ledger does, notices to people.

All of it is off until somebody turns it on.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dagster import (
    AddDynamicPartitionsRequest,
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    schedule,
    sensor,
)

from displacement.build import builds, publish
from displacement.build.fingerprint import fingerprint
from displacement.build.manifest import damaged
from displacement.ledger import readings
from displacement.settings import Settings
from displacement.sources.landing import RECORD
from displacement.sources.release import today
from displacement.storage import mirror
from pipelines.assets.releases import RELEASES
from pipelines.jobs import BUILD, FETCH
from pipelines.notices import Destinations, Notice, send

if TYPE_CHECKING:
    from displacement.ledger.records import HeldBack

HOUR = 3600
REMOVED_AT_ONCE = 500
"""Runs: Dagster ends a sensor after 60 seconds."""


@sensor(
    name="source_changes",
    job_name=FETCH,
    minimum_interval_seconds=6 * HOUR,
    default_status=DefaultSensorStatus.STOPPED,
    description="Asks publishers a few small questions (rows, world sums by year) and, when an answer differs from "
    "what was fetched last, asks for a run that fetches everything as a release of today.",
)
def source_changes(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Ask for a fetch when a table changed since it was fetched last."""
    from displacement.sources.probe import probe

    del context
    settings = Settings.from_environment()
    mirror.pull_records(settings, RECORD)
    found = probe(settings)
    changed = [one.what for one in found if one.changed]
    if changed:
        return _fetch_of_today(" ".join(changed))
    unknown = [one.what for one in found if one.changed is None]
    return SkipReason(" ".join(unknown) or f"Nothing has changed in {len(found)} tables since they were fetched.")


def _fetch_of_today(why: str) -> SensorResult:
    key = today().isoformat()
    return SensorResult(
        run_requests=[RunRequest(run_key=key, partition_key=key, tags={"displacement/why": why[:255]})],
        dynamic_partitions_requests=[AddDynamicPartitionsRequest(RELEASES.name or "", [key])],
    )


@schedule(
    name="weekly_fetch",
    job_name=FETCH,
    cron_schedule="0 4 * * 1",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.STOPPED,
    description="Every Monday a full fetch, whatever the probe says: a shift between countries changes neither the "
    "number of rows nor a world sum.",
)
def weekly_fetch(context: ScheduleEvaluationContext) -> RunRequest:
    """Ask for a fetch of the day's release."""
    key = f"{context.scheduled_execution_time:%Y-%m-%d}"
    context.instance.add_dynamic_partitions(RELEASES.name or "", [key])
    return RunRequest(run_key=f"weekly-{key}", partition_key=key)


@sensor(
    name="ledger_changes",
    job_name=BUILD,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.STOPPED,
    description="Asks for a build when the ledger (or anything else a build is made from) differs from what the build "
    "published was made from.",
)
def ledger_changes(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Ask for a build once for each state of its inputs, and once for each published build that is damaged."""
    del context
    settings = Settings.from_environment()
    inputs = fingerprint(settings, pictures=True)
    if reason := publish.reason_not_to_build(settings, inputs):
        return SkipReason(reason)
    current = builds.published(settings)
    damage = f"-instead-of-{current.build_id}" if current and damaged(settings, current) else ""
    return RunRequest(run_key=f"inputs-{inputs[:32]}{damage}")


@sensor(
    name="held_back_notice",
    minimum_interval_seconds=300,
    default_status=DefaultSensorStatus.STOPPED,
    description="Tells the webhook or mail address of the environment, once, what the release gate holds back.",
)
def held_back_notice(context: SensorEvaluationContext) -> SkipReason:
    """Send a notice of what is held back that nobody was told of yet."""
    from displacement.ledger.holds import held_back

    destinations = Destinations.from_environment()
    if not destinations:
        return SkipReason("Nobody is to be told: DISPLACEMENT_ALERT_WEBHOOK and DISPLACEMENT_ALERT_MAIL are not set.")
    settings = Settings.from_environment()
    held = {f"{one.release} {one.indicator}": one for one in held_back(settings)}
    stopped = _not_read(settings)
    told = set(json.loads(context.cursor)) if context.cursor else set()
    new = [one for key, one in held.items() if key not in told]
    if new:
        send(held_notice(new), destinations)
    for key in sorted(stopped.keys() - held.keys() - told):
        send(Notice(f"Not read: {key}", f"{stopped[key]} Its former figures remain.", {}), destinations)
    context.update_cursor(json.dumps(sorted(held.keys() | stopped.keys())))
    return SkipReason(f"{len(new)} told of, {len(held)} held back.")


def _not_read(settings: Settings) -> dict[str, str]:
    """Return what of the newest fetch could not be read: the ledger has nothing of it where nothing else was new."""
    records = sorted(settings.records.glob("release-*.json"))
    came = json.loads(records[-1].read_text(encoding="utf-8")) if records else {"datasets": []}
    stopped = (each for each in came["datasets"] if each["outcome"] == "stopped")
    return {f"{came['release']} {each['dataset']}": each["sentence"] for each in stopped}


def held_notice(held: "Sequence[HeldBack]") -> Notice:
    """Return the notice that tells what is held back, by which rule, and what to do."""
    names = ", ".join(dict.fromkeys(one.indicator for one in held))
    releases = ", ".join(dict.fromkeys(str(one.release) for one in held))
    text = "\n\n".join(one.sentence for one in held)
    return Notice(f"Held back: {names}", f"{text}\n\nThe former figures stand.", {"release": releases})


@run_failure_sensor(
    name="failure_notice",
    default_status=DefaultSensorStatus.STOPPED,
    description="Tells the webhook or mail address of the environment which run failed and why.",
)
def failure_notice(context: RunFailureSensorContext) -> SkipReason | None:
    """Send a notice of a run that failed."""
    destinations = Destinations.from_environment()
    if not destinations:
        return SkipReason("Nobody is to be told: DISPLACEMENT_ALERT_WEBHOOK and DISPLACEMENT_ALERT_MAIL are not set.")
    run = context.dagster_run
    details = {"job": run.job_name, "run": run.run_id}
    if key := run.tags.get("dagster/partition"):
        details["release"] = key
    text = f"{context.failure_event.message or 'No reason was given.'} What was published before is untouched."
    send(Notice(f"The job {run.job_name} failed", text, details), destinations)
    return None


@sensor(
    name="old_runs",
    minimum_interval_seconds=24 * HOUR,
    default_status=DefaultSensorStatus.STOPPED,
    description="Removes finished runs older than DISPLACEMENT_KEEP_DAYS from Dagster's storage. Runs that added a "
    "release of the ledger stay, and so does the newest of each job.",
)
def old_runs(context: SensorEvaluationContext) -> SkipReason:
    """Remove old runs."""
    removed = remove_old_runs(context.instance, Settings.from_environment(), datetime.now(UTC))
    return SkipReason(f"{removed} old runs were removed.")


def remove_old_runs(instance: DagsterInstance, settings: Settings, now: datetime) -> int:
    """Remove finished runs that are older than the settings keep, and return how many."""
    if not settings.keep_days:
        return 0
    added = {name.partition("/")[0] for name in readings.names(settings.ledger_home)}
    finished = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    before = now - timedelta(days=settings.keep_days)
    newest = [instance.get_runs(RunsFilter(job_name=job), limit=1) for job in (BUILD, FETCH)]
    kept = {run.run_id for runs in newest for run in runs}
    old = [
        run.run_id
        for run in instance.get_runs(RunsFilter(statuses=finished, created_before=before))
        if run.run_id not in kept and run.tags.get("dagster/partition") not in added
    ]
    for run_id in old[:REMOVED_AT_ONCE]:
        instance.delete_run(run_id)
    return len(old[:REMOVED_AT_ONCE])


SENSORS: list[SensorDefinition] = [source_changes, ledger_changes, held_back_notice, failure_notice, old_runs]
SCHEDULES: list[ScheduleDefinition] = [weekly_fetch]
