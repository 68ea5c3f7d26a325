"""`displacement country`: one country on one screen."""

from __future__ import annotations

from typing import Annotated

import typer

from displacement.cli.options import AsJson, AsOf


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(country)


def country(
    iso3: Annotated[str, typer.Argument(metavar="COUNTRY", help="ISO 3166-1 alpha-3, such as UKR.")],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show a country on one screen: people from it and in it, trends, corridors, solutions, revisions, oddities.

    Example: displacement country UKR
    """
    from dataclasses import asdict

    from displacement.query import country as gathered
    from displacement.query import country_text
    from displacement.query.published import as_json as json_text
    from displacement.query.published import open_published
    from displacement.settings import Settings

    with open_published(Settings.from_environment().public, as_of) as connection:
        found = gathered.profile(connection, iso3, as_of)
    typer.echo(json_text(asdict(found)) if as_json else country_text.told(found))
