"""What several commands share: options, printing an answer, and a bar that names the step of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from displacement.query.formats import as_json as json_text
from displacement.query.published import FILE_NAME
from displacement.settings import Settings

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="RELEASE", help="Answer with the figures of a release, by its day.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

Watch = Callable[[str, int, int], None]
"""Called with the name of a step, how many are done, and how many there are."""

Made = TypeVar("Made")


def settings() -> Settings:
    """Return the settings of the environment."""
    return Settings.from_environment()


def readable() -> Path:
    """Return the directory of the published build; of the shipped figures where nothing here could make a build."""
    here = settings()
    if (here.public / FILE_NAME).exists() or find_spec("dagster"):
        return here.public
    from displacement.query.without_build import made_from_shipped

    typer.echo("Nothing is built here: the answer is of the figures that come with the program.", err=True)
    return made_from_shipped(here)


def answer(found: object, text: Callable[[], str], as_json: bool) -> None:
    """Print an answer: as JSON, or as the text for people."""
    typer.echo(json_text(found) if as_json else text())


def with_bar(work: Callable[[Watch | None], Made], *, quiet: bool) -> Made:
    """Do work that reports its steps, with a bar on standard error; in silence where nobody would see it."""
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
