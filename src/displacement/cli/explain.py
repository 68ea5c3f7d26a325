"""`displacement explain`: where a number comes from, and what it must not be used for."""

from __future__ import annotations

from typing import Annotated

import typer

from displacement.cli.options import AsJson, AsOf
from displacement.errors import WrongUseError

FIGURE = "A figure"
NUMBER = "A number of a table"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    indicator: Annotated[
        str | None, typer.Option(help="What is counted: a code of the table indicators.", rich_help_panel=FIGURE)
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="Where people fled from: ISO 3166-1 alpha-3.", rich_help_panel=FIGURE)
    ] = None,
    asylum: Annotated[
        str | None, typer.Option(help="Where they are; the origin if left out.", rich_help_panel=FIGURE)
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Reference date, such as 2025-12-31.", rich_help_panel=FIGURE)
    ] = None,
    table: Annotated[str | None, typer.Option(help="A table of the file.", rich_help_panel=NUMBER)] = None,
    column: Annotated[str | None, typer.Option(help="Its column.", rich_help_panel=NUMBER)] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Its row; once for each column.", rich_help_panel=NUMBER),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Say where a number comes from: value, release, publisher, record, revisions, checks, citation, usage warnings.

    Example: displacement explain --indicator refugees --origin UKR --asylum POL --date 2025-12-31

    Or a number of a table, with the figures and columns it is made of:
    displacement explain --table global_totals --column forcibly_displaced --key reference_date=2025-12-31
    """
    from dataclasses import asdict

    from displacement.query import explain_figure, explain_number, explain_text
    from displacement.query.published import as_json as json_text
    from displacement.query.published import open_published
    from displacement.settings import Settings

    settings = Settings.from_environment()
    if table and not (indicator or origin or asylum or day):
        if not column:
            raise WrongUseError("Which column of the table? Add --column, and --key for its row.")
        with open_published(settings.public, as_of) as connection:
            found = explain_number.explain(connection, table, column, explain_number.read_key(key or ()), as_of)
        typer.echo(json_text(asdict(found)) if as_json else explain_text.number(found))
        return
    if not (indicator and origin and day) or table or column or key:
        raise WrongUseError(
            "Ask for a figure with --indicator, --origin, --asylum and --date, or for a number of a table with "
            "--table, --column and --key."
        )
    with open_published(settings.public, as_of) as connection:
        asked = explain_figure.Asked(indicator, origin, asylum or origin, day)
        of_figure = explain_figure.explain(connection, settings, asked, as_of)
    typer.echo(
        json_text(asdict(of_figure) | {"citation": of_figure.citation}) if as_json else explain_text.figure(of_figure)
    )
