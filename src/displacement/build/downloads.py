"""Every table as a file of its own: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.storage.files import unwritable

if TYPE_CHECKING:
    from displacement.build.workspace import Workbench


def write(workbench: Workbench, tables: Iterable[str], directory: Path) -> list[Path]:
    """Put `<table>.csv` and `<table>.parquet` of each table into a directory; return the files.

    Raises:
        DisplacementError: a file cannot be written.
    """
    made = (path for table in tables for path in (workbench.csv(table), workbench.model_path(table)))
    return [_shared(path, directory / path.name) for path in made]


def _shared(source: Path, target: Path) -> Path:
    """Give a file a second name instead of copying it: files are replaced whole here, never edited in place."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, target)
    except OSError as error:
        raise unwritable(target, error) from error
    return target
