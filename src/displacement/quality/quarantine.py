"""Rows that broke a rule, kept as `<table>.<rule>.csv` for a person to look at until the rule holds again.

Names of tables and rules come from reviewed files, so they are safe in a path; the rows are only data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from displacement.quality.validation import Validation
from displacement.storage.files import unwritable, written_whole


def quarantine(validation: Validation, directory: Path) -> list[Path]:
    """Write the rows that broke each rule, and remove those of rules that hold again; return the files written."""
    places = {result.rule: place(directory, result.table_name, result.rule) for result in validation.results}
    for rule, path in places.items():
        if rule not in validation.failing:
            _remove(path)
    for rule, rows in validation.failing.items():
        with written_whole(places[rule]) as temporary:
            rows.to_csv(temporary, index=False)
    return [places[rule] for rule in validation.failing]


def quarantine_rows(path: Path, columns: Sequence[str], rows: Sequence[Iterable[object]]) -> None:
    """Write plain rows to `path`, or remove it where there are none."""
    if not rows:
        _remove(path)
        return
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])


def place(directory: Path, table_name: str, rule: str) -> Path:
    """Return where the rows of a table that broke a rule are kept."""
    return directory / f"{table_name}.{rule}.csv"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
