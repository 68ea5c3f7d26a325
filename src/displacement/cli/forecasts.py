"""`displacement forecasts`: what was forecast, how it turned out, and forecasts of one's own to follow."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from displacement.cli.progress import AsJson, AsOf, answer, readable, settings
from displacement.query import forecasts as kept
from displacement.query import names
from displacement.query.formats import drawn
from displacement.query.published import open_published

group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the command and what belongs to it."""
    app.add_typer(group, name="forecasts")


@group.callback()
def forecasts() -> None:
    """Published forecasts, nowcasts and planning figures, and how each turned out. Each subcommand has --json.

    Example: displacement forecasts score
    """


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the forecasts of the published build, and name the added ones that cannot be read.

    Example: displacement forecasts list
    """
    with open_published(readable()) as connection:
        found = kept.forecasts(connection)
    for sentence in kept.left_out(settings()):
        typer.echo(sentence, err=True)
    columns = ["forecast_id", "made_on", "measure", "scope", "quantity", "target_date", "value", "bound"]
    answer(found, lambda: drawn(columns, [[one[column] for column in columns] for one in found]), as_json)


@group.command()
def score(
    forecast: Annotated[str | None, typer.Option("--forecast", metavar="ID", help="Only this forecast.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Report how each forecast turned out, beside no change and the change of the year before.

    Example: displacement forecasts score --forecast drc-2025-y2025
    """
    with open_published(readable(), as_of) as connection:
        found = kept.scores(connection)
    if forecast:
        chosen = names.one_of("forecast", forecast, [str(one["forecast_id"]) for one in found])
        found = [one for one in found if one["forecast_id"] == chosen]
    answer(found, lambda: "\n\n".join(str(one["sentence"]) for one in found), as_json)


@group.command()
def add(
    name: Annotated[str, typer.Argument(metavar="ID", help="Its short name: small letters, digits, hyphens.")],
    publisher: Annotated[str, typer.Option(help="Who made it.")],
    title: Annotated[str, typer.Option(help="The publication.")],
    made_on: Annotated[str, typer.Option(help="The day it was made: 2025-03-14.")],
    measure: Annotated[str, typer.Option(help="What it is about: refugees, forcibly_displaced …")],
    target_date: Annotated[str, typer.Option(help="The date it is about: 2026-12-31.")],
    value: Annotated[str, typer.Option(help="The forecast number: 4200000 or '4.2 million'.")],
    scope: Annotated[str, typer.Option(help="world, a list of forecast_scopes, or a country of origin.")] = kept.WORLD,
    from_date: Annotated[str, typer.Option(help="Where the number is a change: the date it counts from.")] = "",
    kind: Annotated[str, typer.Option(help="forecast, nowcast or planning.")] = "forecast",
    bound: Annotated[str, typer.Option(help="at least or at most, where the number is a bound.")] = "",
    quoted_by: Annotated[str, typer.Option(help="Who quotes it, where its own text was not seen.")] = "",
    url: Annotated[str, typer.Option(help="Address of the publication.")] = "",
    note: Annotated[str, typer.Option(help="What a reader should know.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a forecast, to be compared with the figures from the next build on.

    Example: displacement forecasts add ministry-2027 --publisher "A ministry" --title "Outlook 2027"
    --made-on 2026-07-01 --measure refugees --scope SDN --target-date 2027-12-31 --value "3 million"
    """
    typed = kept.Forecast(
        forecast_id=name,
        publisher=publisher,
        title=title,
        made_on=made_on,
        kind=kind,
        measure=measure,
        scope=scope,
        scope_as_published="",
        quantity="change" if from_date else "level",
        from_date=from_date,
        target_date=target_date,
        value=value,
        bound=bound,
        standing="",
        quoted_by=quoted_by,
        url=url,
        not_compared="",
        note=note,
    )
    forecast = kept.examined(settings(), typed, datetime.now(UTC).date())
    kept.FORECASTS.add(settings(), name, forecast)
    place = settings().added("forecasts")
    said = f"The forecast {name} is kept in {place}. `displacement build` compares it with the figures."
    answer(asdict(forecast), lambda: said, as_json)


@group.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="ID", help="The forecast's short name.")], as_json: AsJson = False
) -> None:
    """Take away a forecast that was added here.

    Example: displacement forecasts remove ministry-2027
    """
    forecast = kept.FORECASTS.remove(settings(), name)
    said = f"The forecast {name} is gone from {settings().added('forecasts')}; the next build leaves it out."
    answer(asdict(forecast), lambda: said, as_json)
