"""The page `docs/cookbook.md`: how to open the file, then each question with its SQL and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from displacement.build.markdown import table
from displacement.query.cookbook import Recipe, filled, read_recipes
from displacement.query.formats import counts
from displacement.query.published import answer
from displacement.storage.duck import column_names, rows

if TYPE_CHECKING:
    import duckdb

    from displacement.settings import Settings

PAGE = Path(__file__).with_suffix(".md")


def render(settings: Settings, connection: duckdb.DuckDBPyConnection) -> str:
    """Return the cookbook as Markdown, with the answers of an open published file."""
    recipes = read_recipes(settings.sql).values()
    [build] = rows(connection, "select newest_release from meta.build")
    page = PAGE.read_text(encoding="utf-8")
    told = "\n\n".join([_contents(recipes), *_chapters(recipes, connection)])
    return page.replace("{newest_release}", str(build["newest_release"])).replace("{recipes}", told)


def _contents(recipes: Iterable[Recipe]) -> str:
    lines = [f"- [{one.question}](#{one.name})" for one in recipes]
    return "\n".join(["## Questions", "", *lines])


def _chapters(recipes: Iterable[Recipe], connection: duckdb.DuckDBPyConnection) -> Iterable[str]:
    chapter = ""
    for one in recipes:
        if one.chapter != chapter:
            chapter = one.chapter
            yield f"## {chapter}"
        yield told(one, connection)


def told(recipe: Recipe, connection: duckdb.DuckDBPyConnection) -> str:
    """Return one question with its SQL and its answer."""
    sql = filled(recipe, {})
    parts = [
        f"### {recipe.name}",
        f"**{recipe.question}**",
        f"```sql\n{sql}\n```",
        _answered(answer(connection, sql)),
        recipe.note,
        _exchanged(recipe),
    ]
    return "\n\n".join(part for part in parts if part)


def _answered(result: duckdb.DuckDBPyConnection) -> str:
    """Return an answer as a table, numbers of people with thousands separated, as in print."""
    names, found = column_names(result), result.fetchall()
    grouped = counts(names, [str(column[1]) for column in result.description or []], found)
    texts = (
        [f"{value:,}" if count and value is not None else value for value, count in zip(row, grouped, strict=True)]
        for row in found
    )
    return table(names, texts, numbers=grouped)


def _exchanged(recipe: Recipe) -> str:
    values = " ".join(f"{name}={value}" for name, value in recipe.defaults.items())
    return f"`displacement query @{recipe.name}{f' {values}' if values else ''}`"
