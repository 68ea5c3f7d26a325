"""Reads a SQL file: the comment it opens with, and the statement below.

Every file under `sql/` opens with comment lines. Those of the form `-- name: value` come first and are options; the
rest is a note on what a row is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

_OPTION = re.compile(r"([a-z_]+): ?(.*)")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """A SQL file.

    Attributes:
        name: the name of the file, without its ending.
        options: the values of the lines `-- name: value` at the top, by name.
        note: the lines of the opening comment after them.
        statement: what follows the opening comment.
    """

    name: str
    options: dict[str, str]
    note: tuple[str, ...]
    statement: str


def read_sql(path: Path) -> SqlFile:
    """Return a SQL file, split into its options, its note and its statement."""
    return split_sql(path.stem, path.read_text(encoding="utf-8"))


def split_sql(name: str, text: str) -> SqlFile:
    r"""Return the parts of a SQL text.

    >>> split_sql("hosts", "-- severity: warning\n-- A row is a host.\nselect 1").note
    ('A row is a host.',)
    """
    lines = text.splitlines()
    first = next((place for place, line in enumerate(lines) if not line.startswith("--")), len(lines))
    opening = [line.removeprefix("--").strip() for line in lines[:first]]
    found = list(takewhile(bool, map(_OPTION.fullmatch, opening)))
    options = {option[1]: option[2] for option in found if option}
    return SqlFile(name, options, tuple(opening[len(found) :]), "\n".join(lines[first:]).strip())
