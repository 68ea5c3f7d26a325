"""`displacement query`: questions in SQL, and those of the cookbook by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from displacement.cli.options import AsOf
from displacement.errors import WrongUseError

if TYPE_CHECKING:
    from displacement.settings import Settings

NAMED = "@"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)


def query(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="One statement, - to read it from standard input, or @name.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]…", help="What to exchange in a question @name.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or markdown.")] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    as_of: AsOf = None,
    cookbook: Annotated[bool, typer.Option("--cookbook", help="List the questions that can be asked by name.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the SQL of a question instead of running it.")] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="ADDRESS", help="Ask the tables published at s3://bucket/prefix, fetching what is needed."
        ),
    ] = None,
) -> None:
    """Ask the published file in SQL, read-only. Tables: `show tables`; columns: `describe global_totals`.

    Example: displacement query "select * from top_hosts(2025, 10)" --format markdown

    Questions of the cookbook: displacement query @refugees-in-a-country origin=SDN asylum=TCD
    """
    from displacement.query.published import answer, in_format, open_published
    from displacement.settings import Settings

    settings = Settings.from_environment()
    form = "json" if as_json else form
    if cookbook:
        typer.echo(_contents(settings, form))
        return
    if sql is None:
        raise WrongUseError("Ask in SQL, such as 'from top_hosts(2025, 10)', or by a name that --cookbook lists.")
    if not sql.startswith(NAMED) and (values or show):
        raise WrongUseError(
            f"SQL is one argument, between quotes; {' '.join(values or ['--show'])} goes with @name only."
        )
    if at:
        _ask_remote(at, sys.stdin.read() if sql == "-" else sql, form, as_of)
        return
    text = sys.stdin.read() if sql == "-" else sql
    with open_published(settings.public, as_of) as connection:
        if sql.startswith(NAMED):
            from displacement.query import cookbook as book

            recipe = book.asked(book.read_recipes(settings.sql), sql)
            chosen = book.known_values(connection, book.read_values(recipe, values or ()))
            text = book.filled(recipe, chosen)
        typer.echo(text if show else in_format(answer(connection, text), form))


def _ask_remote(address: str, sql: str, form: str, as_of: str | None) -> None:
    from displacement.query.published import answer, in_format
    from displacement.query.remote import open_remote

    if as_of or sql.startswith(NAMED):
        raise WrongUseError(
            "At an address there are the tables, without macros: ask them in SQL, without --as-of and without @name. "
            "figures_history says of every figure in which releases it stood."
        )
    with open_remote(address) as connection:
        typer.echo(in_format(answer(connection, sql), form))


def _contents(settings: Settings, form: str) -> str:
    from displacement.query.cookbook import read_recipes
    from displacement.query.published import as_json

    recipes = read_recipes(settings.sql).values()
    if form == "json":
        listed = ({"name": one.name, "question": one.question, "values": one.defaults} for one in recipes)
        return as_json(list(listed))
    width = max(len(one.name) for one in recipes) + 1
    lines: list[str] = []
    for one in recipes:
        if f"\n{one.chapter}" not in lines:
            lines.append(f"\n{one.chapter}")
        lines.append(f"  {NAMED}{one.name:<{width}} {one.question}")
    return "\n".join(lines).strip("\n")
