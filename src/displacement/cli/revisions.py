"""`displacement revisions`: what releases changed in figures published before."""

from __future__ import annotations

from typing import Annotated

import typer

from displacement.cli.options import AsJson, AsOf


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(revisions)


def revisions(
    country: Annotated[str | None, typer.Option(help="Of a country, as origin or as asylum.")] = None,
    indicator: Annotated[str | None, typer.Option(help="Of an indicator.")] = None,
    since: Annotated[str | None, typer.Option(metavar="RELEASE", help="Made by this release and later ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show, the largest first.")] = 20,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Say what releases changed, withdrew, brought back and added in figures of dates they had covered before.

    Example: displacement revisions --country TUR --indicator idmc_idps
    """
    from dataclasses import asdict

    from displacement.query import revisions as revising
    from displacement.query.published import as_json as json_text
    from displacement.query.published import open_published
    from displacement.settings import Settings

    with open_published(Settings.from_environment().public, as_of) as connection:
        found = revising.revised(connection, country, indicator, since, limit)
        typer.echo(json_text(asdict(found)) if as_json else revising.as_text(connection, found))
