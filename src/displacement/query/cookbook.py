"""The cookbook: questions that policy staff ask, each stored once as a file of `sql/cookbook`.

A file opens with its question and the defaults of what can be exchanged in it, then what to know about the answer; the
SELECT below has `$name` where a value goes. `index.toml` puts the questions in order.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.errors import WrongUseError
from displacement.query import names
from displacement.storage.duck import sql_text
from displacement.storage.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

DIRECTORY = "cookbook"
QUESTION = "question"
SIGN = "@"
"""What a name begins with on the command line, so that no SQL is taken for one."""

PLACES = ("country", "origin", "asylum")
"""Parameters that are codes of countries."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A question and the SQL that answers it.

    Attributes:
        name: what it is asked by.
        chapter: what it is about, for the table of contents.
        defaults: the values that can be exchanged in the question, by name, as text.
        note: what to know about the answer.
        sql: the SELECT, with `$name` where a value goes.
    """

    name: str
    chapter: str
    question: str
    defaults: dict[str, str]
    note: str
    sql: str


def read_recipes(sql: Path) -> dict[str, Recipe]:
    """Return the questions of the cookbook by name, in the order of its index."""
    directory = sql / DIRECTORY
    chapters = tomllib.loads((directory / "index.toml").read_text(encoding="utf-8"))["chapter"]
    return {
        name: _read(directory / f"{name}.sql", chapter["title"])
        for chapter in chapters
        for name in chapter["questions"]
    }


def _read(path: Path, chapter: str) -> Recipe:
    file = read_sql(path)
    values = dict(file.options)
    return Recipe(path.stem, chapter, values.pop(QUESTION), values, " ".join(file.note), file.statement)


def filled(recipe: Recipe, values: Mapping[str, str]) -> str:
    """Return the SQL of a question with its values in place, those not given by default.

    Numbers are written as they are, everything else between quotes: a value is never more than a value.
    """
    chosen = recipe.defaults | dict(values)
    return re.sub(r"\$([a-z_]+)", lambda found: _literal(chosen[found[1]]), recipe.sql)


def _literal(value: str) -> str:
    return value if re.fullmatch(r"-?\d+(\.\d+)?", value) else f"'{sql_text(value)}'"


# --- questions by name ------------------------------------------------------------------------------------------------


def named(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Return the question with a name, with or without its sign.

    Raises:
        WrongUseError: there is none of that name.
    """
    known = names.one_of(
        "question", name.removeprefix(SIGN), recipes, of="in the cookbook", where="displacement query --cookbook"
    )
    return recipes[known]


def read_values(recipe: Recipe, words: Iterable[str]) -> dict[str, str]:
    """Return the values written as `name=value`.

    Raises:
        WrongUseError: a word is not of that form, the question has no such value, or a number or date is not valid.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise WrongUseError(f"{word!r} is not a value. Write it as name=value: {_example(recipe)}.")
        known = names.one_of("value", name, recipe.defaults, of=f"to exchange in @{recipe.name}")
        values[known] = _of_the_kind(known, value.strip(), recipe.defaults[known])
    return values


def _example(recipe: Recipe) -> str:
    name, value = next(iter(recipe.defaults.items()), ("year", "2025"))
    return f"{name}={value}"


def _of_the_kind(name: str, value: str, default: str) -> str:
    """Return a value of the kind of its default: a number, a date, or text."""
    if re.fullmatch(r"\d+(\.\d+)?", default) and not re.fullmatch(r"\d+(\.\d+)?", value):
        raise WrongUseError(f"{name} is a number such as {default}, not {value!r}.")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", default):
        return str(names.day(value))
    return value


def known_values(connection: duckdb.DuckDBPyConnection, values: Mapping[str, str]) -> dict[str, str]:
    """Return values whose codes are in the published file.

    Raises:
        WrongUseError: a country, an indicator, a release or a group of countries is not known there.
    """
    return {name: _known(connection, name, value) for name, value in values.items()}


def _known(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> str:
    if name in PLACES:
        return names.country(connection, value)
    if name == "indicator":
        return names.indicator(connection, value)
    if name == "release":
        return names.release(connection, value)
    if name == "members":
        return names.group(connection, value)
    return value
