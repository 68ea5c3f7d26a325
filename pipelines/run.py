"""Run the job `build` from a program, as the schedule runs it from a service, and say what came of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import DagsterEventType, DagsterInstance
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.utils import make_new_run_id

from displacement import errors, files, publication, quality
from displacement.errors import DisplacementError, HeldBackError, WrongUseError
from pipelines.assembly import build_definitions
from pipelines.jobs import BUILD
from pipelines.resources import Installation

if TYPE_CHECKING:
    from dagster import EventLogEntry, ExecuteInProcessResult
    from dagster_shared.error import SerializableErrorInfo

    from displacement.publication import Build
    from displacement.settings import Settings

Watch = Callable[[str, int, int], None]
"""Called with the name of a step, how many are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: the build on show, and the rules it passed."""

    build: Build
    results: list[quality.Result]


def run_build(settings: Settings, *, pictures: bool, watch: Watch | None = None) -> Outcome:
    """Run the job `build` in this process.

    With `DAGSTER_HOME` set, the run is kept there and shows in the Dagster UI; else it leaves no trace.

    Raises:
        HeldBackError: a rule of severity error failed; what was published before still stands.
        DisplacementError: a step failed for a reason it could name.
    """
    installation = Installation(
        home=str(settings.home), public=str(settings.public), data=str(settings.data), pictures=pictures
    )
    job = build_definitions(installation).resolve_job_def(BUILD)
    steps = len(job.graph.node_dict)
    with _instance() as instance, _watched(instance, watch, steps) as run_id, _tidied(settings, run_id):
        result = job.execute_in_process(
            instance=instance, run_id=run_id, raise_on_error=False, run_config={"loggers": _QUIET}
        )
    _raise_for(result, settings)
    build = publication.shown(settings)
    if build is None:
        raise DisplacementError(f"The run ended well, but {settings.public} shows no build.")
    names = [quality.LEDGER, quality.SQL_CHECKS, *_tables()]
    return Outcome(build, quality.read_results(settings.quality, names))


_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def _tables() -> list[str]:
    from displacement.catalogue import load_catalogue

    return list(load_catalogue().tables)


@contextmanager
def _instance() -> Iterator[DagsterInstance]:
    """Open Dagster's own storage where `DAGSTER_HOME` says, else one in memory that ends with the run."""
    with DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else DagsterInstance.ephemeral() as instance:
        yield instance


@contextmanager
def _tidied(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the right to build there; remove what is half-made before, since a full disk needs the room, and after."""
    with publication.only_build(settings, run_id):
        publication.tidy(settings)
        publication.require_place(settings)
        try:
            yield
        finally:
            publication.tidy(settings)


@contextmanager
def _watched(instance: DagsterInstance, watch: Watch | None, steps: int) -> Iterator[str]:
    """Yield a new run id whose steps are reported to `watch` as they begin."""
    run_id = make_new_run_id()
    done = 0

    def on_event(entry: EventLogEntry) -> None:
        nonlocal done
        event = entry.dagster_event
        if watch is None or event is None:
            return
        if event.event_type == DagsterEventType.STEP_START:
            watch(str(event.step_key), done, steps)
        elif event.event_type in (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE):
            done += 1
            watch(str(event.step_key), done, steps)

    instance.add_event_listener(run_id, on_event)
    yield run_id


def _raise_for(result: ExecuteInProcessResult, settings: Settings) -> None:
    """Raise the one sentence that says why a run failed; do nothing when it did not."""
    if result.success:
        return
    if any(cause.cls_name in INTERRUPTIONS for error in _errors(result) for cause in _chain(error)):
        raise KeyboardInterrupt
    standing = publication.shown(settings)
    stands = f" {settings.public} still shows build {standing.build_id}." if standing else ""
    broken = quality.stopping(quality.read_results(settings.quality, _held(result)))
    if broken:
        sentences = " ".join(quality.in_one_sentence(one) for one in broken)
        raise HeldBackError(f"The build was stopped. {sentences} The rows are in {settings.quarantine}.{stands}")
    raise _error_of(result, settings.home, stands)


def _held(result: ExecuteInProcessResult) -> list[str]:
    """Return the assets whose check failed in this run."""
    evaluations = result.get_asset_check_evaluations()
    return [one.asset_key.to_user_string() for one in evaluations if not one.passed]


def _error_of(result: ExecuteInProcessResult, home: Path, stands: str) -> Exception:
    """Return the error a step or the start of the run ended with: ours with its sentence, others with their trace."""
    for error in _errors(result):
        for cause in _chain(error):
            if cause.cls_name in OWN_ERRORS:
                message = cause.message.removeprefix(f"{cause.cls_name}: ").split("displacement.errors.")[-1].strip()
                kind: type[DisplacementError] = getattr(errors, cause.cls_name)
                return kind(message.removeprefix(f"{cause.cls_name}: ") + stands)
            if named := of_the_disk(cause.message, home):
                return DisplacementError(f"{named}{stands}")
    details = "\n".join(error.to_string() for error in _errors(result))
    return RuntimeError(f"The build failed unexpectedly.{stands}\n{details}")


def of_the_disk(text: str, home: Path) -> DisplacementError | None:
    """Return the sentence for a full disk or a closed directory that no step has named; Dagster hands on text only."""
    found = OS_ERROR.search(text)
    if found is None or int(found["number"]) not in files.UNWRITABLE:
        return None
    return files.unwritable(Path(found["path"] or home), OSError(int(found["number"]), found["reason"]))


def _errors(result: ExecuteInProcessResult) -> Iterator[SerializableErrorInfo]:
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error:
            yield event.step_failure_data.error
        elif event.is_run_failure and event.job_failure_data.error:
            yield event.job_failure_data.error


def _chain(error: SerializableErrorInfo) -> Iterator[SerializableErrorInfo]:
    current: SerializableErrorInfo | None = error
    while current:
        yield current
        current = current.cause


OWN_ERRORS = (DisplacementError.__name__, HeldBackError.__name__, WrongUseError.__name__)
INTERRUPTIONS = (DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__)
OS_ERROR = re.compile(
    r"(?:OS|IO|Permission)Error: \[Errno (?P<number>\d+)\] (?P<reason>[^:\n]+)(?:: '(?P<path>[^'\n]+)')?"
)
