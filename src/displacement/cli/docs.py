"""Write the documents of `docs/` again: `make docs`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from displacement.build import dictionary
from displacement.query import cookbook_page
from displacement.query.published import open_published
from displacement.settings import PACKAGE, Settings
from displacement.storage.files import write_text

DOCS = PACKAGE.parents[1] / "docs"


class Document(Enum):
    """What can be written: the cookbook needs a build, for its answers."""

    dictionary = "dictionary"
    cookbook = "cookbook"


def main(documents: Annotated[list[Document] | None, typer.Argument()] = None, directory: Path = DOCS) -> None:
    """Write documents, all of them unless some are named, and say where they are."""
    settings = Settings.from_environment()
    for document in documents or Document:
        path = directory / f"{document.value}.md"
        write_text(path, _text(document, settings))
        typer.echo(f"{path}")


def _text(document: Document, settings: Settings) -> str:
    if document is Document.dictionary:
        return dictionary.render(settings)
    with open_published(settings.public) as connection:
        return cookbook_page.render(settings, connection)


if __name__ == "__main__":
    typer.run(main)
