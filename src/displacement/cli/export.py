"""`displacement export`: the figures of a country, or the answers of a theme, as a workbook for spreadsheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable, settings
from displacement.errors import WrongUseError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The workbook to write, .xlsx.")],
    country: Annotated[str | None, typer.Option(help="The country: ISO 3166-1 alpha-3, or a name.")] = None,
    theme: Annotated[str | None, typer.Option(help="A chapter of the cookbook: a sheet for each question.")] = None,
    lang: Annotated[str, typer.Option(help="en, fr, es, ar, ru or zh; themes are in English.")] = "en",
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Write a country's figures as a workbook: stocks, corridors, flows and decisions, with source and warnings.

    Or the answers to the questions of a theme. For one answer: displacement query … --format xlsx -o FILE

    Example: displacement export --country SDN --lang fr -o sudan.xlsx

    Example: displacement export --theme Asylum -o asylum.xlsx
    """
    from displacement.query.cookbook import read_recipes
    from displacement.query.published import open_published
    from displacement.query.workbook import country_workbook, theme_workbook

    if (country is None) == (theme is None):
        raise WrongUseError("Name either a country with --country or a theme with --theme.")
    if theme and lang != "en":
        raise WrongUseError("The questions of the cookbook are in English: leave out --lang.")
    with open_published(readable(), as_of) as connection:
        if country:
            found = {"country": country_workbook(connection, output, country, lang, as_of)}
        else:
            found = {"theme": theme_workbook(connection, output, read_recipes(settings().sql), theme or "", as_of)}
    of = next(iter(found.values()))
    answer(found | {"language": lang, "file": str(output)}, lambda: f"{output} has the figures of {of}.", as_json)
