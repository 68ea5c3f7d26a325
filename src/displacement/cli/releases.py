"""`displacement releases`: list what is kept, and decide about what the release gate holds back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from displacement.ledger.addition import Report
    from displacement.ledger.records import HeldBack
    from displacement.settings import Settings

from displacement.cli.progress import AsJson, readable

Release = Annotated[str, typer.Argument(metavar="RELEASE", help="The day of its capture.")]
Indicator = Annotated[
    str, typer.Argument(metavar="INDICATOR", help="The indicator, table or dataset that is held back.")
]
Details = Annotated[bool, typer.Option("--details", help="A sentence for each indicator and rule.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the decision.")]

LISTED = """
select
    releases.release,
    releases.title,
    releases.published_on,
    max(release_datasets.newest_reference_date) as newest_reference_date,
    count(*) as datasets,
    cast(sum(release_datasets.figures) as bigint) as figures
from releases
inner join meta.release_datasets on releases.release = release_datasets.release
group by releases.release, releases.title, releases.published_on
order by releases.release
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help=_HELP, invoke_without_command=True, no_args_is_help=False)
    group.callback()(_list)
    group.command(name="accept")(_accept)
    group.command(name="take-back")(_take_back)
    group.command(name="held")(_held)
    app.add_typer(group, name="releases")


_HELP = """List the releases whose figures are kept; accept, with a reason, what the release gate holds back.

Example: displacement releases"""


def _list(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    from displacement.query.formats import in_format
    from displacement.query.published import answer, open_published

    with open_published(readable()) as connection:
        typer.echo(in_format(answer(connection, LISTED), "json" if as_json else "table"))
    if not as_json:
        _say_held()


def _say_held() -> None:
    from displacement.ledger.holds import held_back
    from displacement.settings import Settings

    for sentence in _in_sentences(held_back(Settings.from_environment())):
        typer.echo(f"\nHeld back: {sentence}")


def _in_sentences(held: Iterable[HeldBack]) -> list[str]:
    """Return one sentence for each cause."""
    from displacement.ledger.gate import Finding, in_sentences

    return in_sentences(
        Finding(one.release, one.dataset, one.indicator, one.rule, "blocking", one.sentence) for one in held
    )


def _held(as_json: AsJson = False, details: Details = False) -> None:
    """List what the release gate holds back: a sentence for each cause, with the numbers and what to do.

    Example: displacement releases held
    """
    from dataclasses import asdict

    from displacement.ledger.holds import held_back
    from displacement.query.formats import as_json as json_text
    from displacement.settings import Settings

    held = held_back(Settings.from_environment())
    if as_json:
        typer.echo(json_text([asdict(one) for one in held]))
    else:
        sentences = [one.sentence for one in held] if details else _in_sentences(held)
        typer.echo("\n\n".join(sentences) or "Nothing is held back.")


def _accept(release: Release, indicator: Indicator, reason: Reason, as_json: AsJson = False) -> None:
    """Let something that is held back into the figures. The next build shows it.

    Example: displacement releases accept 2026-06-12 flow_refugees --reason "UNHCR confirms the withdrawal"
    """
    from displacement.ledger.holds import accept

    _decide(accept, release, indicator, reason, as_json)


def _take_back(release: Release, indicator: Indicator, reason: Reason, as_json: AsJson = False) -> None:
    """Hold back again what was accepted. The next build shows the former figures.

    Example: displacement releases take-back 2026-06-12 flow_refugees --reason "It was damage after all"
    """
    from displacement.ledger.holds import take_back

    _decide(take_back, release, indicator, reason, as_json)


def _decide(
    decide: Callable[[Settings, date, str, str], Report], release: str, indicator: str, reason: str, as_json: bool
) -> None:
    from displacement.query.formats import as_json as json_text
    from displacement.settings import Settings
    from displacement.sources.release import release_of

    came = decide(Settings.from_environment(), release_of(release), indicator, reason)
    typer.echo(json_text(came.as_json()) if as_json else "\n".join(came.sentences()))
    if not as_json and came.is_new:
        typer.echo("Run `displacement build` to publish it.")
