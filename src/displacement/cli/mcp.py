"""`displacement mcp`: the published file for assistants, on this machine only."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mcp)


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Answer at http://127.0.0.1 instead of standard input.")] = False,
    port: Annotated[int, typer.Option(help="The port to listen at with --http.", min=1, max=65535)] = 8765,
) -> None:
    """Answer assistants that speak the Model Context Protocol: over standard input and output, or HTTP on this machine.

    Example: displacement mcp --http
    """
    from displacement.mcp import PATH, server

    made = server()
    if not http:
        made.run()
        return
    typer.echo(f"http://127.0.0.1:{port}{PATH} answers assistants. Ctrl-C stops it.", err=True)
    made.run("streamable-http", host="127.0.0.1", port=port, streamable_http_path=PATH, stateless_http=True)
