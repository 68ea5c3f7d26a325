"""The command `displacement`: reads what was asked, calls the library, says what came of it.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 held back. Whatever takes long to import is imported by the command that
needs it, so that help and questions answer at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from displacement.commands import chart, claims, explain, query, revisions
from displacement.commands.options import AsJson
from displacement.errors import DisplacementError

if TYPE_CHECKING:
    from displacement.settings import Settings
    from pipelines.run import Outcome

app = typer.Typer(
    name="displacement",
    help="The reference pipeline for forced-displacement figures: every number with its record and its release.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    if debug:
        os.environ["DISPLACEMENT_DEBUG"] = "1"


@app.command()
def build(
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Make PNG and SVG of the charts, where a browser is found.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing has changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the figures, make every table and chart, and switch `public` to the new build.

    Example: displacement build --no-pictures
    """
    from displacement import publication
    from displacement.fingerprint import fingerprint

    settings = _settings()
    pictures = pictures and os.environ.get("PICTURES") != "no"
    if not force:
        reason = publication.reason_not_to_build(settings, fingerprint(settings, pictures=pictures))
        if reason:
            _say_unchanged(settings, reason, as_json)
            return
    _say_built(settings, _run(settings, pictures, quiet=as_json), as_json)


query.register(app)


claims.register(app)


@app.command()
def releases(as_json: AsJson = False) -> None:
    """List the releases whose figures are kept, with the newest reference date of each dataset.

    Example: displacement releases
    """
    from displacement.reading import answer, in_format, open_published

    with open_published(_settings().public) as connection:
        typer.echo(in_format(answer(connection, RELEASES), "json" if as_json else "table"))


RELEASES = """
select
    releases.release,
    releases.title,
    releases.published_on,
    max(release_datasets.newest_reference_date) as newest_reference_date,
    count(*) as datasets,
    cast(sum(release_datasets.figures) as bigint) as figures
from releases
inner join release_datasets on releases.release = release_datasets.release
group by releases.release, releases.title, releases.published_on
order by releases.release
"""


@app.command()
def publish(
    build_id: Annotated[str | None, typer.Argument(metavar="[BUILD]", help="Its id; the newest if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a finished build again: the newest, or the one named. Undoes a rollback.

    Example: displacement publish
    """
    from displacement import publication

    settings = _settings()
    _say_shown(settings, publication.publish(settings, build_id).build_id, as_json)


@app.command()
def rollback(as_json: AsJson = False) -> None:
    """Switch `public` back to the build before. The inputs turned down are not published again until they change.

    Example: displacement rollback
    """
    from displacement import publication

    settings = _settings()
    _say_shown(settings, publication.rollback(settings).build_id, as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what works here and what to do about the rest: Python, libraries, data, browser, fonts, places, the build.

    Example: displacement doctor
    """
    from dataclasses import asdict

    from displacement.doctor import examine, worst
    from displacement.reading import as_json as json_text

    findings = examine(_settings())
    if as_json:
        typer.echo(json_text([asdict(finding) for finding in findings]))
    else:
        signs = {"good": "✓", "missing": "–", "broken": "✗"}
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            typer.echo(f"{signs[finding.standing]} {finding.subject:<{width}}  {finding.says}")
    if worst(findings) == "broken":
        raise typer.Exit(1)


explain.register(app)
chart.register(app)
revisions.register(app)


# --- what is said -----------------------------------------------------------------------------------------------------


def _say_unchanged(settings: Settings, reason: str, as_json: bool) -> None:
    from displacement.reading import as_json as json_text

    if as_json:
        typer.echo(json_text({"built": False, "reason": reason, "public": str(settings.public)}))
    else:
        typer.echo(f"{reason} Nothing was done; --force builds all the same.")


def _say_shown(settings: Settings, build_id: str, as_json: bool) -> None:
    from displacement.reading import as_json as json_text

    if as_json:
        typer.echo(json_text({"build_id": build_id, "public": str(settings.public)}))
    else:
        typer.echo(f"{settings.public} now shows build {build_id}.")


def _say_built(settings: Settings, outcome: Outcome, as_json: bool) -> None:
    from displacement import answers
    from displacement.reading import as_json as json_text
    from displacement.reading import open_published

    held = sum(result.passed for result in outcome.results)
    warned = [result for result in outcome.results if not result.passed]
    with open_published(settings.public) as connection:
        headline, claims_found = answers.headline(connection), answers.claims(connection)
    if as_json:
        summary = {
            "built": True,
            "build_id": outcome.build.build_id,
            "public": str(settings.public),
            "checks_passed": held,
            "checks_warned": [result.rule for result in warned],
            "headline": headline.sentence,
            "claims": [claim["sentence"] for claim in claims_found],
        }
        typer.echo(json_text(summary))
        return
    typer.echo(_made(settings, outcome))
    typer.echo(f"{held} checks passed, {len(warned)} warned.")
    typer.echo(f"\n{headline.sentence}")
    for claim in claims_found:
        typer.echo(f"\n{claim['sentence']}")


def _made(settings: Settings, outcome: Outcome) -> str:
    """Return the lines that say what was made and where."""
    files = outcome.build.files
    size = files["displacement.duckdb"]["bytes"] / 1e6
    charts = sum(name.startswith("charts/") and name.endswith(".html") for name in files)
    with_pictures = any(name.endswith(".png") for name in files)
    public = _shortened(str(settings.public))
    lines = [
        ("index.html", "every chart beside the headline"),
        ("displacement.duckdb", f"every table, {size:.1f} MB"),
        ("charts/", f"{charts} charts{', with PNG and SVG' if with_pictures else ' without pictures'}"),
        ("data/", f"{sum(name.startswith('data/') and not name.endswith('.md') for name in files)} downloads"),
        ("quality/index.html", "every check and how it came out"),
    ]
    width = max(len(name) for name, _ in lines)
    listed = "\n".join(f"  {public}/{name:<{width}}  {says}" for name, says in lines)
    return f"Build {outcome.build.build_id} is made and on show:\n{listed}"


def _shortened(path: str) -> str:
    inside = os.path.relpath(path)
    return path if inside.startswith("..") else inside


# --- how a build is watched -------------------------------------------------------------------------------------------


def _run(settings: Settings, pictures: bool, *, quiet: bool) -> Outcome:
    """Run the job with a bar that names the step, or in silence."""
    from displacement import checking

    checking.shared()  # it imports what takes longest while this process imports the rest
    if quiet or not sys.stderr.isatty():
        from pipelines.run import run_build

        return run_build(settings, pictures=pictures)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def watch(step: str, done: int, steps: int) -> None:
            progress.update(task, description=step, completed=done, total=steps)

        from pipelines.run import run_build

        return run_build(settings, pictures=pictures, watch=watch)


def _settings() -> Settings:
    from displacement.settings import Settings

    return Settings.from_environment()


def main() -> None:
    """Run the command; every error that has a name is one line on standard error and its exit code."""
    try:
        app()
    except DisplacementError as error:
        _fail(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        from displacement.files import UNWRITABLE, unwritable

        if error.errno not in UNWRITABLE:
            raise
        _fail(unwritable(Path(error.filename or _settings().home), error))
    except SystemExit as end:
        if end.code == INTERRUPTED:
            typer.echo("Stopped. What was published before is untouched.", err=True)
        raise


INTERRUPTED = 130
"""The exit code of a command stopped with Ctrl-C, as shells know it."""


def _fail(error: DisplacementError) -> NoReturn:
    if os.environ.get("DISPLACEMENT_DEBUG"):
        raise error
    typer.echo(f"Error: {error}", err=True)
    sys.exit(error.exit_code)


def command() -> NoReturn:
    """The console script: `main`, then the end, at once where much was imported.

    Python would take half a second to take the modules of a build down one by one.
    """
    try:
        main()
        code: int | str | None = 0
    except SystemExit as end:
        code = end.code
    if "dagster" not in sys.modules or not isinstance(code, int | None):
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            pass  # nobody reads it any more
    os._exit(code or 0)


if __name__ == "__main__":
    command()
