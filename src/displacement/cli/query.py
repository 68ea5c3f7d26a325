"""`displacement query`: questions in SQL, and those of the cookbook by name."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from displacement.cli.progress import AsOf, readable, settings
from displacement.errors import WrongUseError
from displacement.query import cookbook as book
from displacement.query.formats import FILES, drawn, in_format, write_answer
from displacement.query.formats import as_json as json_text
from displacement.query.published import TIMEOUT, asked, open_published, tables_without_rows

if TYPE_CHECKING:
    import duckdb

NAMED = "@"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)


def query(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="One question, - to read it from standard input, or @name.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]…", help="What to exchange in a question @name.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json, markdown, xlsx or parquet.")] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the answer to a file: .xlsx, .csv …")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    as_of: AsOf = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.01, help="Seconds the question may take.")] = TIMEOUT,
    cookbook: Annotated[bool, typer.Option("--cookbook", help="List the questions that can be asked by name.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the SQL of a question instead of running it.")] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="ADDRESS", help="Ask what is published at https://… or, tables only, at s3://bucket/prefix."
        ),
    ] = None,
) -> None:
    """Ask the published file in SQL, read-only. Tables: `show tables`; columns: `describe global_totals`.

    Example: displacement query "select * from top_hosts(2025, 10)" --format markdown

    Questions of the cookbook: displacement query @refugees-in-a-country origin=SDN asylum=TCD
    """
    form = "json" if as_json else form or (FILES.get(output.suffix.lower(), output.suffix) if output else "table")
    if cookbook:
        typer.echo(_contents(form))
        return
    if sql is None:
        raise WrongUseError("Ask in SQL, such as 'from top_hosts(2025, 10)', or by a name that --cookbook lists.")
    if not sql.startswith(NAMED) and (values or show):
        raise WrongUseError(
            f"SQL is one argument, between quotes; {' '.join(values or ['--show'])} goes with @name only."
        )
    text = sys.stdin.read() if sql == "-" else sql
    note = ""
    with _opened(at, as_of, sql.startswith(NAMED)) as connection:
        if sql.startswith(NAMED):
            recipe = book.named(book.read_recipes(settings().sql), sql)
            note = recipe.note
            text = book.filled(recipe, book.known_values(connection, book.read_values(recipe, values or ())))
        if show:
            typer.echo(text)
            return
        with asked(connection, text, as_of, timeout) as result:
            _give(result, form, output, text)
        if note and output is None and form in ("table", "markdown"):
            typer.echo(f"\n{textwrap.fill(note, 100)}")
        for sentence in tables_without_rows(connection, text):
            typer.echo(sentence, err=True)


def _give(result: duckdb.DuckDBPyConnection, form: str, output: Path | None, question: str) -> None:
    """Print an answer, or write it to a file."""
    if output is None and form in ("xlsx", "parquet"):
        raise WrongUseError(f"An answer in {form} is written to a file: name it with -o.")
    if output is None:
        typer.echo(in_format(result, form))
        return
    write_answer(result, form, output, question)
    typer.echo(f"{output} has the answer.", err=True)


def _opened(at: str | None, as_of: str | None, is_named: bool) -> duckdb.DuckDBPyConnection:
    if at is None:
        return open_published(readable(), as_of)
    from displacement.query.remote import open_remote

    return open_remote(at, as_of, needs_macros=is_named)


def _contents(form: str) -> str:
    recipes = book.read_recipes(settings().sql).values()
    if form == "json":
        return json_text([{"name": one.name, "question": one.question, "values": one.defaults} for one in recipes])
    chapters = dict.fromkeys(one.chapter for one in recipes)
    width = max(len(one.name) for one in recipes) + 1
    return "\n\n".join(
        f"{chapter}\n"
        + drawn([], [[f"  {NAMED}{one.name:<{width}}", one.question] for one in recipes if one.chapter == chapter])
        for chapter in chapters
    )
