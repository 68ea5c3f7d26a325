"""`displacement export`: a country's figures as a workbook for spreadsheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    country: Annotated[str, typer.Option(help="The country: ISO 3166-1 alpha-3, or a name.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The workbook to write, .xlsx.")],
    lang: Annotated[str, typer.Option(help="en, fr, es, ar, ru or zh.")] = "en",
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Write a country's figures as a workbook: stocks, corridors, flows and decisions, with source and warnings.

    For the answer to a question: displacement query … --format xlsx -o FILE

    Example: displacement export --country SDN --lang fr -o sudan.xlsx
    """
    from displacement.query.published import open_published
    from displacement.query.workbook import country_workbook

    with open_published(readable(), as_of) as connection:
        code = country_workbook(connection, output, country, lang, as_of)
    found = {"country": code, "language": lang, "file": str(output)}
    answer(found, lambda: f"{output} has the figures of {code}.", as_json)
