"""`displacement claims`: public claims held against the figures, and claims of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from displacement.cli.options import AsJson, AsOf

if TYPE_CHECKING:
    from displacement.settings import Settings

group = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the command and what belongs to it."""
    app.add_typer(group, name="claims")


@group.callback()
def claims(
    context: typer.Context,
    claim: Annotated[str | None, typer.Option("--claim", metavar="ID", help="Only this claim.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Hold public claims against what was known when they were made, and against what is known now.

    Example: displacement claims
    """
    if context.invoked_subcommand:
        return
    from displacement.query import headline, names
    from displacement.query.published import as_json as json_text
    from displacement.query.published import open_published

    with open_published(_settings().public, as_of) as connection:
        found = headline.claims(connection)
    if claim:
        chosen = names.one_of("claim", claim, [str(one["claim_id"]) for one in found])
        found = [one for one in found if one["claim_id"] == chosen]
    typer.echo(json_text(found) if as_json else "\n\n".join(str(one["sentence"]) for one in found))


@group.command()
def add(
    name: Annotated[str, typer.Argument(metavar="ID", help="Its short name: small letters, digits, hyphens.")],
    claimant: Annotated[str, typer.Option(help="Who made it.")],
    text: Annotated[str, typer.Option(help="The claim in the claimant's words.")],
    measure: Annotated[str, typer.Option(help="What it is about: displacement claims measures.")],
    value: Annotated[str, typer.Option(help="The claimed number: 110000000 or '110 million'.")],
    made_on: Annotated[str, typer.Option(help="The day it was made: 2024-01-22.")],
    source: Annotated[str, typer.Option(help="Where it stands.")],
    tolerance: Annotated[float, typer.Option(help="How far off it may be and still hold, as a share.")] = 0.05,
    country: Annotated[str | None, typer.Option(help="The country it is about: ISO 3166-1 alpha-3.")] = None,
    role: Annotated[str | None, typer.Option(help="origin (people from it) or asylum (people in it).")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a claim, to be held against the figures from the next build on.

    Example: displacement claims add minister-2026 --claimant "A minister" --text "Chad hosts 1.3 million refugees"
    --measure refugees --country TCD --role asylum --value "1.3 million" --made-on 2026-07-01 --source "a speech"
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from displacement.query import claims as kept
    from displacement.query.published import as_json as json_text

    settings = _settings()
    typed = kept.Typed(name, claimant, text, measure, value, tolerance, made_on, source, country, role)
    claim = kept.examined(settings, typed, datetime.now(UTC).date())
    kept.add(settings, claim)
    said = f"The claim {name} is kept in {settings.added_claims}. `displacement build` holds it against the figures."
    typer.echo(json_text(asdict(claim)) if as_json else said)


@group.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="ID", help="The claim's short name.")], as_json: AsJson = False
) -> None:
    """Take away a claim that was added here.

    Example: displacement claims remove minister-2026
    """
    from dataclasses import asdict

    from displacement.query import claims as kept
    from displacement.query.published import as_json as json_text

    settings = _settings()
    claim = kept.remove(settings, name)
    said = f"The claim {name} is gone from {settings.added_claims}; it goes from the pages with the next build."
    typer.echo(json_text(asdict(claim)) if as_json else said)


@group.command()
def measures(as_json: AsJson = False) -> None:
    """List what a claim can be about.

    Example: displacement claims measures
    """
    from dataclasses import asdict

    from displacement.query import claims as kept
    from displacement.query.published import as_json as json_text

    known = kept.measures(_settings()).values()
    if as_json:
        typer.echo(json_text([asdict(one) for one in known]))
        return
    width = max(len(one.measure) for one in known)
    typer.echo("\n".join(f"{one.measure:<{width}}  {one.unit:<16}  {one.description}" for one in known))


def _settings() -> Settings:
    from displacement.settings import Settings

    return Settings.from_environment()
