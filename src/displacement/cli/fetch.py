"""`displacement fetch`: add what publishers serve now, a release from a directory of its tables, or a workbook."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from displacement.cli.progress import Watch, with_bar
from displacement.errors import HeldBackError, WrongUseError

if TYPE_CHECKING:
    from displacement.ledger.ingest import Arrival
    from displacement.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command()
    def fetch(
        directory: Annotated[
            Path | None,
            typer.Option("--from", metavar="DIR", help="A directory of tables (population.parquet …) instead."),
        ] = None,
        flows: Annotated[
            Path | None,
            typer.Option(
                "--flows", metavar="FILE", help="Only UNHCR's workbook of annual flows, as you downloaded it."
            ),
        ] = None,
        release: Annotated[
            str | None,
            typer.Option(
                "--release",
                metavar="DAY",
                help="The day the tables of DIR were captured, else its name; the day FILE was downloaded, else today.",
            ),
        ] = None,
        dataset: Annotated[
            list[str] | None, typer.Option("--dataset", metavar="NAME", help="Only this one; may be repeated.")
        ] = None,
        newest: Annotated[
            list[str] | None,
            typer.Option(
                "--newest",
                metavar="DATASET=DATE",
                help="What the newest year of a dataset describes, such as population=2026-06-30, where the rule errs.",
            ),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only report what adding DIR or FILE would do; nothing is kept.")
        ] = False,
        ledger_as_of: Annotated[
            str | None,
            typer.Option(
                "--ledger-as-of", metavar="RELEASE", help="With --dry-run: judge by the ledger as it was in a release."
            ),
        ] = None,
        details: Annotated[
            bool, typer.Option("--details", help="List each finding, and what changes by indicator.")
        ] = False,
        then_build: Annotated[bool, typer.Option("--build/--no-build", help="Build when something was added.")] = True,
        pictures: Annotated[
            bool, typer.Option("--pictures/--no-pictures", help="Make PNG and SVG of the charts in that build.")
        ] = True,
        as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    ) -> None:
        """Add a release: capture its tables, check them, judge them, keep them; then build what follows from it.

        What the release gate holds back, and a table that cannot be read, keeps its former figures while the rest goes
        on (exit code 3).

        Example: displacement fetch --from releases/2026-06-12

        Example: displacement fetch --flows forced-displacement-flow-dataset.xlsx

        Example: displacement fetch --from releases/2026-06-12 --dry-run --ledger-as-of 2025-11-10
        """
        from displacement.settings import Settings

        settings = Settings.from_environment()
        if flows:
            _refuse_beside_flows(directory, dataset)
            dataset = ["flows"]
        _require_rehearsable(dry_run, ledger_as_of, directory or flows)
        arrival = _arrival(settings, directory, flows, release, newest)
        came = _rehearsed(arrival, dataset, ledger_as_of) if dry_run else _fetched(arrival, dataset, quiet=as_json)
        if not (directory or dataset):
            came |= _not_asked()
        if not as_json:
            typer.echo("\n".join(_told(came, details=details)))
        try:
            if came["is_new"] and then_build and not dry_run:
                came |= _build(settings, pictures, as_json)
        finally:
            if as_json:  # also where the build is stopped: the release was added
                from displacement.query.formats import as_json as json_text

                typer.echo(json_text(came))
        incomplete = _incomplete(came)
        if incomplete:
            raise HeldBackError(incomplete)


def _arrival(
    settings: Settings, directory: Path | None, workbook: Path | None, release: str | None, newest: list[str] | None
) -> Arrival:
    from displacement.ledger.ingest import Arrival
    from displacement.sources.release import capture_of_directory, release_of, today

    if directory:
        day = capture_of_directory(directory, release_of(release) if release else None).release
    else:
        day = release_of(release) if release else today()
    return Arrival(settings, day, directory, dict(_dates(newest or [])), workbook)


def _fetched(arrival: Arrival, datasets: list[str] | None, *, quiet: bool) -> dict[str, Any]:
    def work(watch: Watch | None) -> dict[str, Any]:
        from pipelines.fetch import run_fetch

        with nullcontext() if watch else _requests_told():
            return run_fetch(arrival, datasets or None, watch)

    return with_bar(work, quiet=quiet)


@contextmanager
def _requests_told() -> Iterator[None]:
    """Print which publisher is asked and which request waits to be tried again, on standard error, where no bar does.

    With publishers out of reach a fetch takes minutes, and would print nothing meanwhile.
    """
    log, handler = logging.getLogger("displacement.sources"), logging.StreamHandler()
    level, told = log.level, set[str]()

    def is_new(record: logging.LogRecord) -> bool:  # datasets are fetched one after the other, from the same publisher
        before = len(told)
        told.add(record.getMessage())
        return len(told) > before

    handler.addFilter(is_new)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def _rehearsed(arrival: Arrival, datasets: list[str] | None, ledger_as_of: str | None) -> dict[str, Any]:
    """Return the report that adding the release would give, with the key `rehearsal`: as of which release."""
    from displacement.sources.release import release_of

    as_of = release_of(ledger_as_of) if ledger_as_of else None
    return arrival.rehearse(datasets or None, as_of).as_json() | {"rehearsal": str(as_of or "now")}


def _require_rehearsable(dry_run: bool, ledger_as_of: str | None, given: Path | None) -> None:
    if ledger_as_of and not dry_run:
        raise WrongUseError("--ledger-as-of is for a rehearsal: give --dry-run as well.")
    if dry_run and not given:
        raise WrongUseError("A rehearsal needs the tables of the release: give their directory with --from.")


def _refuse_beside_flows(directory: Path | None, datasets: list[str] | None) -> None:
    if directory or datasets:
        raise WrongUseError("--flows adds one file, so it goes with neither --from nor --dataset. Run them apart.")


def _not_asked() -> dict[str, Any]:
    """Return what was left out for want of a key, under `not_asked`."""
    from displacement.settings import Addresses
    from displacement.sources.idmc import why_not_asked

    line = why_not_asked(Addresses.from_environment())
    return {"not_asked": [line] if line else []}


def _build(settings: Settings, pictures: bool, as_json: bool) -> dict[str, Any]:
    """Build what follows from a changed ledger; say so, or return it under `build`."""
    from displacement.cli import build

    outcome = build.run(
        settings, pictures and os.environ.get("PICTURES") != "no", os.environ.get("SITE") != "no", quiet=as_json
    )
    if as_json:
        return {"build": build.summary(settings, outcome)}
    typer.echo("")
    build.say(settings, outcome)
    return {}


def _dates(given: list[str]) -> list[tuple[str, date]]:
    found = []
    for text in given:
        dataset, _, day = text.partition("=")
        try:
            found.append((dataset, date.fromisoformat(day)))
        except ValueError:
            raise WrongUseError(
                f"--newest {text} is not a dataset and a date. Write it as population=2026-06-30."
            ) from None
    return found


def _told(came: dict[str, Any], *, details: bool) -> list[str]:
    """Return what a person must be told: what each dataset brought, by which rule it was dated, and what is odd."""
    first, *rest = came["sentences"]
    dated = [
        f"  {each['dataset']:<28}{each['outcome']:<12}{each['newest_reference_date'] or '':<12}{each['why']}".rstrip()
        for each in came["datasets"]
    ]
    if rehearsal := came.get("rehearsal"):
        as_of = "as it is now" if rehearsal == "now" else f"as of release {rehearsal}"
        first = f"A rehearsal with the ledger {as_of}: nothing was added, and no file was changed. {first}"
    if details:
        findings = {finding["sentence"]: finding["rule"] for finding in (*came["held"], *came["warnings"])}
        rest = [f"{rule}: {sentence}" for sentence, rule in findings.items()]
    changes = _changes(came["changes"]) if details or rehearsal else []
    return [first, *dated, *changes, *rest, *came.get("nowcast", ()), *came.get("not_asked", ())]


def _changes(changes: list[dict[str, Any]]) -> list[str]:
    """Return a line for each indicator that changes: how many figures, and the total of its newest date."""
    lines = []
    for indicator in dict.fromkeys(each["indicator"] for each in changes):
        of_it = [each for each in changes if each["indicator"] == indicator]
        new, changed, withdrawn = (sum(each[key] for each in of_it) for key in ("new", "changed", "withdrawn"))
        newest = max(of_it, key=lambda each: each["reference_date"])
        before, after = (
            "none" if newest[key] is None else f"{newest[key]:,}" for key in ("total_before", "total_after")
        )
        lines.append(
            f"  {indicator:<36}{new:>7,} new {changed:>7,} changed {withdrawn:>7,} withdrawn; "
            f"{newest['reference_date']}: {before} → {after}"
        )
    return lines


def _incomplete(came: dict[str, Any]) -> str:
    """Return the sentence on what of a release is not in the figures; nothing where all of it is."""
    held = ", ".join(dict.fromkeys(finding["indicator"] for finding in came["held"]))
    stopped = ", ".join(each["dataset"] for each in came["datasets"] if each["outcome"] == "stopped")
    parts = [f"Held back of release {came['release']}: {held}."] if held else []
    parts += [f"Not read of release {came['release']}: {stopped}."] if stopped else []
    if not parts:
        return ""
    end = "This was a rehearsal." if "rehearsal" in came else "the rest was added."
    return f"{' '.join(parts)} Their former figures remain current{'. ' if 'rehearsal' in came else '; '}{end}"
