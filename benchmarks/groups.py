"""What can be measured, by the name it is asked for on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks import rows
from benchmarks.ingest import ingest
from benchmarks.modelling.rows import marts
from benchmarks.reading.rows import reading
from benchmarks.restoring import restoring
from benchmarks.stages import stages

GROUPS: dict[str, Callable[[rows.Trial], Iterator[rows.Row]]] = {
    "build": rows.builds,
    "stages": stages,
    "models": rows.models,
    "marts": marts,
    "query": rows.questions,
    "reading": reading,
    "restoring": restoring,
    "help": rows.help_texts,
    "site": rows.site,
    "ingest": ingest,
    "merging": rows.merging,
}
