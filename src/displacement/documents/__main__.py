"""Write the documents of `docs/` anew: `make docs`."""

from __future__ import annotations

from pathlib import Path

import typer

from displacement.documents import dictionary
from displacement.files import write_text
from displacement.settings import PACKAGE, Settings

DOCS = PACKAGE.parents[1] / "docs"


def main(directory: Path = DOCS) -> None:
    """Write what is generated, and say where."""
    settings = Settings.from_environment()
    for name, text in {"dictionary.md": dictionary.render(settings)}.items():
        write_text(directory / name, text)
        typer.echo(f"{directory / name}")


if __name__ == "__main__":
    typer.run(main)
