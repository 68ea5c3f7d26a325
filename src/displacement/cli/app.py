"""The command `displacement`: reads the words, calls the library, prints the result.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 held back. Whatever takes long to import is imported by the command that
needs it, so that help and questions answer at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from displacement.cli import (
    chart,
    claims,
    country,
    explain,
    export,
    fetch,
    forecasts,
    mcp,
    query,
    releases,
    revisions,
    serve,
)
from displacement.cli.progress import AsJson, answer
from displacement.cli.progress import settings as _settings
from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Settings, __version__

app = typer.Typer(
    name="displacement",
    help="The reference pipeline for forced-displacement figures: every number with its record and its release.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"displacement {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    del version  # printed by its callback
    if debug:
        os.environ["DISPLACEMENT_DEBUG"] = "1"


@app.command()
def build(
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Make PNG and SVG of the charts, where a browser is found.")
    ] = True,
    site: Annotated[
        bool, typer.Option("--site/--no-site", help="Make the pages of the site, in six languages.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing has changed.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Replace the published build of another DISPLACEMENT_HOME.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the figures, make every table and chart, and switch `public` to the new build.

    Example: displacement build --no-pictures
    """
    from displacement.build import builds, publish
    from displacement.build.fingerprint import fingerprint
    from displacement.build.manifest import damaged
    from displacement.cli import build as building
    from displacement.query import claims as of_claims
    from displacement.query import forecasts as of_forecasts

    settings = _settings()
    pictures = pictures and os.environ.get("PICTURES") != "no"
    site = site and os.environ.get("SITE") != "no"
    if not force and not take_over:
        reason = publish.reason_not_to_build(settings, fingerprint(settings, pictures=pictures, site=site))
        if reason:
            _say_unchanged(settings, reason, as_json)
            return
    current = builds.published(settings)
    if current and (wrong := damaged(settings, current)):
        typer.echo(f"{publish.in_words(current, wrong)} It is rebuilt.", err=True)
    for sentence in (*of_claims.left_out(settings), *of_forecasts.left_out(settings)):
        typer.echo(sentence, err=True)
    finished = building.run(settings, pictures, site, quiet=as_json, take_over=take_over)
    if as_json:
        answer(building.summary(settings, finished), str, True)
    else:
        building.say(settings, finished)


query.register(app)


claims.register(app)
forecasts.register(app)


@app.command()
def publish(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[BUILD | s3://BUCKET/PREFIX]",
            help="The id of a build, the newest if left out; or an address to publish the current build at.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish a finished build again: the newest, or the one named. Undoes a rollback.

    With an address, publish the current build in an object store: its files first, then the switch to it.

    Example: displacement publish
    """
    from displacement.build import publish

    settings = _settings()
    if what and "://" in what:
        _say_published(settings, what, as_json)
    else:
        _say_shown(settings, publish.publish_again(settings, what).build_id, as_json)


@app.command()
def rollback(as_json: AsJson = False) -> None:
    """Switch `public` back to the build before. The inputs turned down are not published again until they change.

    Example: displacement rollback
    """
    from displacement.build import publish

    settings = _settings()
    _say_shown(settings, publish.rollback(settings).build_id, as_json)


@app.command()
def doctor(
    as_json: AsJson = False,
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Convert the ledger of a home of version 0.1.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file of the builds, also those that seem unchanged.")
    ] = False,
) -> None:
    """Report what works here and what to do about the rest: Python, libraries, data, browser, fonts, places, the build.

    Exit code 1 where something is broken, such as a file of the published build that is not as it was made.

    Example: displacement doctor

    Example: displacement doctor --deep
    """
    from dataclasses import asdict

    from displacement.cli.doctor import examine, worst
    from displacement.query.formats import drawn

    if upgrade:
        from displacement.ledger.upgrade import upgrade as convert

        typer.echo(convert(_settings()) or "There is no ledger of version 0.1 to convert.", err=as_json)
    signs = {"good": "✓", "missing": "–", "broken": "✗"}
    findings = examine(_settings(), deep=deep)
    cells = [[f"{signs[finding.standing]} {finding.subject}", finding.says] for finding in findings]
    answer([asdict(finding) for finding in findings], lambda: drawn([], cells), as_json)
    if worst(findings) == "broken":
        raise typer.Exit(1)


country.register(app)
explain.register(app)
chart.register(app)
revisions.register(app)
fetch.register(app)
releases.register(app)
serve.register(app)
mcp.register(app)
export.register(app)


# --- what is printed --------------------------------------------------------------------------------------------------


def _say_unchanged(settings: Settings, reason: str, as_json: bool) -> None:
    found = {"built": False, "reason": reason, "public": str(settings.public)}
    answer(found, lambda: f"{reason} Nothing was done; --force builds all the same.", as_json)


def _say_shown(settings: Settings, build_id: str, as_json: bool) -> None:
    found = {"build_id": build_id, "public": str(settings.public)}
    answer(found, lambda: f"{settings.public} now shows build {build_id}.", as_json)


def _say_published(settings: Settings, address: str, as_json: bool) -> None:
    from displacement.build import builds
    from displacement.build.publish import require_undamaged
    from displacement.build.upload import publish_to

    build = builds.published(settings)
    if build is None:
        raise WrongUseError(f"{settings.public} shows no build to publish. Run `displacement build` first.")
    require_undamaged(settings, build)
    done = publish_to(address, build)
    there = f", {done.there:,} were there already" if done.there else ""
    said = f"{done.address} now shows build {done.build_id}: {done.sent:,} files were sent{there}."
    answer(done.as_json(), lambda: said, as_json)


def main() -> None:
    """Run the command; every error that has a name is one line on standard error and its exit code."""
    try:
        app()
    except DisplacementError as error:
        _fail(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except ModuleNotFoundError as error:
        extra = _extra_of(error.name or "")
        if extra is None:
            raise
        _fail(
            DisplacementError(
                f"This needs the package {error.name}, which is not installed. Install it with: "
                f"pip install 'displacement[{extra}]'"
            )
        )
    except OSError as error:
        from displacement.storage.files import UNWRITABLE, unwritable

        if error.errno not in UNWRITABLE:
            raise
        _fail(unwritable(Path(error.filename or _settings().home), error))
    except SystemExit as end:
        if end.code == INTERRUPTED:
            typer.echo("Stopped. What was published before is untouched.", err=True)
        raise


INTERRUPTED = 130
"""The exit code of a command stopped with Ctrl-C, as shells know it."""


def _extra_of(module: str) -> str | None:
    """Return the extra of this package that brings a module, or None where it is no extra's."""
    import re
    from importlib.metadata import requires

    name = module.partition(".")[0].replace("_", "-")
    brought = {
        extra[1]
        for requirement in requires("displacement") or ()
        if (extra := re.search(r"extra == ['\"](\w+)['\"]", requirement))
        and re.match(rf"{re.escape(name)}(?![\w-])", requirement)
    }
    if module == "pipelines":
        return "pipeline"
    return next((extra for extra in ("pipeline", "mcp", "store", "cluster") if extra in brought), None)


def _fail(error: DisplacementError) -> NoReturn:
    if os.environ.get("DISPLACEMENT_DEBUG"):
        raise error
    typer.echo(f"Error: {error}", err=True)
    sys.exit(error.exit_code)


command = main
"""The console script, as pyproject.toml names it."""

if __name__ == "__main__":
    main()
