"""`displacement revisions`: what releases changed in figures published before."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable
from displacement.query.published import open_published
from displacement.query.revisions import as_text, revised


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
    """List what releases changed, withdrew, brought back and added in figures of dates they had covered before.

    Example: displacement revisions --country TUR --indicator idmc_idps
    """
    with open_published(readable(), as_of) as connection:
        found = revised(connection, country, indicator, since, limit)
        answer(asdict(found), lambda: as_text(connection, found), as_json)
