"""`displacement explain`: where a number comes from, and what it must not be used for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable, settings
from displacement.errors import WrongUseError
from displacement.query.published import open_published

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
        str | None, typer.Option(help="Where people fled from: ISO 3166-1 alpha-3, or a name.", rich_help_panel=FIGURE)
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
    """Tell where a number comes from: value, release, publisher, record, revisions, checks, citation, usage warnings.

    Example: displacement explain --indicator refugees --origin UKR --asylum POL --date 2025-12-31

    Or a number of a table, with the figures and columns it is made of:
    displacement explain --table global_totals --column forcibly_displaced --key reference_date=2025-12-31
    """
    from displacement.query import explain_figure, explain_number, explain_text

    here = settings()
    if table and not (indicator or origin or asylum or day):
        if not column:
            raise WrongUseError("Which column of the table? Add --column, and --key for its row.")
        with open_published(readable(), as_of) as connection:
            number = explain_number.explain(connection, table, column, explain_number.read_key(key or ()), as_of)
        answer(asdict(number), lambda: explain_text.number(number), as_json)
        return
    if not (indicator and origin and day) or table or column or key:
        raise WrongUseError(
            "Ask for a figure with --indicator, --origin, --asylum and --date, or for a number of a table with "
            "--table, --column and --key."
        )
    with open_published(readable(), as_of) as connection:
        asked = explain_figure.Asked(indicator, origin, asylum or origin, day)
        figure = explain_figure.explain(connection, here, asked, as_of)
    answer(asdict(figure) | {"citation": figure.citation}, lambda: explain_text.figure(figure), as_json)
