"""Running a build from the command line, and saying what was made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from displacement.cli.progress import Watch, with_bar

if TYPE_CHECKING:
    from displacement.settings import Settings
    from pipelines.run import FinishedRun


def run(settings: Settings, pictures: bool, site: bool, *, quiet: bool, take_over: bool = False) -> FinishedRun:
    """Run the job `build`, with a bar that names the step or in silence.

    Raises:
        HeldBackError: a rule of severity error failed.
        DisplacementError: a step failed.
    """

    def tell(text: str) -> None:
        typer.echo(text, err=quiet)  # standard output is for JSON then

    def work(watch: Watch | None) -> FinishedRun:
        from pipelines.run import run_build

        return run_build(settings, pictures=pictures, site=site, take_over=take_over, watch=watch, tell=tell)

    return with_bar(work, quiet=quiet)


def summary(settings: Settings, finished: FinishedRun) -> dict[str, Any]:
    """Return what was made, for programs."""
    from displacement.query import headline as answers
    from displacement.query.published import open_published

    with open_published(settings.public) as connection:
        headline, claims = answers.headline(connection), answers.claims(connection)
    return {
        "built": True,
        "build_id": finished.build.build_id,
        "public": str(settings.public),
        "checks_passed": sum(result.passed for result in finished.results),
        "checks_warned": [result.rule for result in finished.results if not result.passed],
        "headline": headline.sentence,
        "claims": [claim["sentence"] for claim in claims],
    }


def say(settings: Settings, finished: FinishedRun) -> None:
    """Print what was made and where, how many checks passed, the headline and the verdicts on claims."""
    made = summary(settings, finished)
    typer.echo(_made(settings, finished))
    typer.echo(f"{made['checks_passed']} checks passed, {len(made['checks_warned'])} warned.")
    for sentence in (made["headline"], *made["claims"]):
        typer.echo(f"\n{sentence}")


def _made(settings: Settings, finished: FinishedRun) -> str:
    """Return the lines that say what was made and where."""
    files = finished.build.files
    size = files["displacement.duckdb"]["bytes"] / 1e6
    charts = sum(name.startswith("charts/") and name.endswith(".csv") for name in files)
    pages = len([name for name in files if name.endswith(".html")]) if "404.html" in files else 0
    with_pictures = any(name.endswith(".png") for name in files)
    public = _shortened(str(settings.public))
    lines = [
        ("index.html", f"the site, {pages:,} pages in six languages" if pages else "what is here; no site"),
        ("displacement.duckdb", f"every table, {size:.1f} MB"),
        ("charts/", f"{charts} charts{', with PNG and SVG' if with_pictures else ' without pictures'}"),
        ("data/", f"{sum(name.startswith('data/') and not name.endswith('.md') for name in files)} downloads"),
        ("quality/index.html", "every check and how it came out"),
    ]
    width = max(len(name) for name, _ in lines)
    listed = "\n".join(f"  {public}/{name:<{width}}  {says}" for name, says in lines)
    return f"Build {finished.build.build_id} is made and published:\n{listed}"


def _shortened(path: str) -> str:
    inside = os.path.relpath(path)
    return path if inside.startswith("..") else inside
