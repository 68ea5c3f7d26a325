"""A bar that names the step a run is at, where there is a terminal to show it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

Watch = Callable[[str, int, int], None]
"""Called with the name of a step, how many are done, and how many there are."""

Made = TypeVar("Made")


def with_bar(work: Callable[[Watch | None], Made], *, quiet: bool) -> Made:
    """Do work that says where it is, with a bar on standard error; in silence where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        return work(None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def watch(step: str, done: int, steps: int) -> None:
            progress.update(task, description=step, completed=done, total=steps)

        return work(watch)
