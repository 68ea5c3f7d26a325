"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="RELEASE", help="Answer with what stood in a release.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
