"""`displacement claims`: public claims compared with the figures, and claims of one's own."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable, settings
from displacement.query import claims as kept
from displacement.query import headline, names
from displacement.query.formats import drawn
from displacement.query.published import open_published

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
    """Compare public claims with what was known when they were made, and with what is known now.

    Example: displacement claims
    """
    if context.invoked_subcommand:
        return
    with open_published(readable(), as_of) as connection:
        found = headline.claims(connection)
    for sentence in kept.left_out(settings()):
        typer.echo(sentence, err=True)
    if claim:
        chosen = names.one_of("claim", claim, [str(one["claim_id"]) for one in found])
        found = [one for one in found if one["claim_id"] == chosen]
    answer(found, lambda: "\n\n".join(str(one["sentence"]) for one in found), as_json)


@group.command()
def add(
    name: Annotated[str, typer.Argument(metavar="ID", help="Its short name: small letters, digits, hyphens.")],
    claimant: Annotated[str, typer.Option(help="Who made it.")],
    text: Annotated[str, typer.Option(help="The claim in the claimant's words.")],
    measure: Annotated[str, typer.Option(help="What it is about: displacement claims measures.")],
    value: Annotated[str, typer.Option(help="The claimed number: 110000000 or '110 million'.")],
    made_on: Annotated[str, typer.Option(help="The day it was made: 2024-01-22.")],
    source: Annotated[str, typer.Option(help="Where it was published.")],
    tolerance: Annotated[float, typer.Option(help="How far off it may be and still hold, as a share.")] = 0.05,
    country: Annotated[str, typer.Option(help="The country it is about: ISO 3166-1 alpha-3, or a name.")] = "",
    role: Annotated[str, typer.Option(help="origin (people from it) or asylum (people in it).")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a claim, to be compared with the figures from the next build on.

    Example: displacement claims add minister-2026 --claimant "A minister" --text "Chad hosts 1.3 million refugees"
    --measure refugees --country TCD --role asylum --value "1.3 million" --made-on 2026-07-01 --source "a speech"
    """
    typed = kept.Claim(
        claim_id=name,
        claimant=claimant,
        claim=text,
        measure=measure,
        country=country,
        role=role,
        value=value,
        unit="",
        tolerance=str(tolerance),
        made_on=made_on,
        source=source,
    )
    claim = kept.examined(settings(), typed, datetime.now(UTC).date())
    kept.CLAIMS.add(settings(), name, claim)
    place = settings().added("claims")
    said = f"The claim {name} is kept in {place}. `displacement build` compares it with the figures."
    answer(asdict(claim), lambda: said, as_json)


@group.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="ID", help="The claim's short name.")], as_json: AsJson = False
) -> None:
    """Take away a claim that was added here.

    Example: displacement claims remove minister-2026
    """
    claim = kept.CLAIMS.remove(settings(), name)
    said = f"The claim {name} is gone from {settings().added('claims')}; it goes from the pages with the next build."
    answer(asdict(claim), lambda: said, as_json)


@group.command()
def measures(as_json: AsJson = False) -> None:
    """List what a claim can be about.

    Example: displacement claims measures
    """
    known = kept.measures(settings()).values()
    cells = [[one.measure, one.unit, one.description] for one in known]
    answer([asdict(one) for one in known], lambda: drawn([], cells), as_json)
