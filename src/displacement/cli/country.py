"""`displacement country`: one country on one screen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable
from displacement.query import country as profiles
from displacement.query.country_text import told
from displacement.query.published import open_published


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(country)


def country(
    iso3: Annotated[str, typer.Argument(metavar="COUNTRY", help="ISO 3166-1 alpha-3, such as UKR, or a name.")],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show a country on one screen: people from it and in it, trends, corridors, solutions, revisions, oddities.

    Example: displacement country UKR
    """
    with open_published(readable(), as_of) as connection:
        found = profiles.profile(connection, iso3, as_of)
    answer(asdict(found), lambda: told(found), as_json)
