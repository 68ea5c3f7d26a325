"""Running a job in this process, watched, and the one sentence that tells why a run failed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dagster import DagsterEventType, DagsterInstance

from displacement.errors import DisplacementError
from displacement.storage import files

if TYPE_CHECKING:
    from dagster import AssetKey, EventLogEntry, ExecuteInProcessResult, JobDefinition
    from dagster_shared.error import SerializableErrorInfo

Watch = Callable[[str, int, int], None]
"""Called with the name of a step, how many are done, and how many there are."""

Tell = Callable[[str], None]
"""Called with what a person must be told while a job runs."""

ODD = "odd"
"""The metadata of an asset that a person must be told before the build is published."""

QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@contextmanager
def instance_of_environment() -> Iterator[DagsterInstance]:
    """Open Dagster's own storage where `DAGSTER_HOME` names it, else one in memory that ends with the run."""
    with DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else DagsterInstance.ephemeral() as instance:
        yield instance


def execute(
    job: JobDefinition,
    instance: DagsterInstance,
    run_id: str,
    *,
    config: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    assets: Sequence[AssetKey] | None = None,
) -> ExecuteInProcessResult:
    """Run a job here, its log quiet; a failure is in the result.

    Raises:
        KeyboardInterrupt: the run was interrupted.
    """
    result = job.execute_in_process(
        instance=instance,
        run_id=run_id,
        raise_on_error=False,
        partition_key=partition_key,
        asset_selection=assets,
        run_config={"loggers": QUIET, **(config or {})},
    )
    if any(cause.cls_name in INTERRUPTIONS for error in failures(result) for cause in causes(error)):
        raise KeyboardInterrupt
    return result


@contextmanager
def watched(instance: DagsterInstance, watch: Watch | None, steps: int, tell: Tell | None = None) -> Iterator[str]:
    """Yield a new run id whose steps are reported to `watch` as they begin, and what is odd to `tell`."""
    run_id = str(uuid4())
    done = 0

    def on_event(entry: EventLogEntry) -> None:
        nonlocal done
        event = entry.dagster_event
        if event is None:
            return
        if tell and event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
            found = event.step_materialization_data.materialization.metadata.get(ODD)
            if found and found.value:
                tell(str(found.value))
        if watch is None:
            return
        if event.event_type == DagsterEventType.STEP_START:
            watch(str(event.step_key), done, steps)
        elif event.event_type in (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE):
            done += 1
            watch(str(event.step_key), done, steps)

    instance.add_event_listener(run_id, on_event)
    yield run_id


# --- why a run failed -------------------------------------------------------------------------------------------------


def error_of(result: ExecuteInProcessResult, home: Path, still: str = "") -> Exception:
    """Return the error a step or the start of the run ended with: ours with its sentence, others with their trace.

    Args:
        result: of a run that failed.
        home: the directory to name where the system names none.
        still: a sentence about what is still published, put behind the error's own.
    """
    for error in failures(result):
        for cause in causes(error):
            if kind := own_errors().get(cause.cls_name or ""):
                return kind(_message(cause) + still)
            if named := of_the_disk(cause.message, home):
                return DisplacementError(f"{named}{still}")
    details = "\n".join(error.to_string() for error in failures(result))
    return RuntimeError(f"The run failed unexpectedly.{still}\n{details}")


def own_errors() -> dict[str, type[DisplacementError]]:
    """Return the errors that are meant to be read, by the name of their class: Dagster hands on names only."""
    found: dict[str, type[DisplacementError]] = {}
    waiting: list[type[DisplacementError]] = [DisplacementError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found


def _message(cause: SerializableErrorInfo) -> str:
    """Return the sentence of an error of ours, without the names of its class that Dagster puts before it."""
    name = re.escape(str(cause.cls_name))
    return re.sub(rf"^(?:(?:[\w.]+\.)?{name}: )+", "", cause.message).strip()


def of_the_disk(text: str, home: Path) -> DisplacementError | None:
    """Return the sentence for a full disk or a closed directory that no step has named; Dagster hands on text only."""
    found = OS_ERROR.search(text)
    if found is None or int(found["number"]) not in files.UNWRITABLE:
        return None
    return files.unwritable(Path(found["path"] or home), OSError(int(found["number"]), found["reason"]))


def failures(result: ExecuteInProcessResult) -> Iterator[SerializableErrorInfo]:
    """Yield the errors that steps, or the start of the run, ended with."""
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error:
            yield event.step_failure_data.error
        elif event.is_run_failure and event.job_failure_data.error:
            yield event.job_failure_data.error


def causes(error: SerializableErrorInfo) -> Iterator[SerializableErrorInfo]:
    """Yield an error and what caused it, the outermost first."""
    current: SerializableErrorInfo | None = error
    while current:
        yield current
        current = current.cause


INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
OS_ERROR = re.compile(
    r"(?:OS|IO|Permission)Error: \[Errno (?P<number>\d+)\] (?P<reason>[^:\n]+)(?:: '(?P<path>[^'\n]+)')?"
)
