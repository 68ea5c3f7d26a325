"""`displacement serve`: the site in a browser, on this machine only."""

from __future__ import annotations

from typing import Annotated

import typer

from displacement.cli.progress import AsJson


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    port: Annotated[
        int, typer.Option(help="The port to listen at; 0 takes any that is free.", min=0, max=65535)
    ] = 8000,
    as_json: AsJson = False,
) -> None:
    """Show the site on http://127.0.0.1 until stopped with Ctrl-C. Nothing outside `public` can be read.

    Pages of countries link workbooks, which are made when they are asked for: /workbooks/SDN.fr.xlsx.

    Example: displacement serve --port 8080
    """
    from displacement.build.serving import ADDRESS, server
    from displacement.query.formats import as_json as as_text
    from displacement.query.workbook import workbook_of
    from displacement.settings import Settings

    settings = Settings.from_environment()
    with server(settings.public, port, workbook_of) as running:
        address = f"http://{ADDRESS}:{running.server_port}/"
        if as_json:
            typer.echo(as_text({"address": address, "public": str(settings.public)}))
        else:
            typer.echo(f"{address} shows {settings.public}. Ctrl-C stops it.")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
