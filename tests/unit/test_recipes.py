"""The cookbook as files: every question stored once, whole, and filled with values that are never more than values."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from displacement.errors import WrongUseError
from displacement.query import cookbook
from displacement.query.cookbook import Recipe, filled, read_recipes, read_values
from displacement.settings import Settings

RECIPES = read_recipes(Settings.from_environment().sql)
ONE = Recipe(
    "one", "Chapter", "How many?", {"origin": "SDN", "since": "2022", "day": "2025-12-31"}, "", "select $origin"
)


def test_there_are_thirty_questions_and_each_file_stands_once_in_the_index(root: Path) -> None:
    files = {path.stem for path in (root / "sql/cookbook").glob("*.sql")}
    listed = (root / "sql/cookbook/index.toml").read_text()
    assert set(RECIPES) == files
    assert all(listed.count(f'"{name}"') == 1 for name in files)
    assert len(RECIPES) >= 30


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_question_is_a_question_and_every_value_of_it_has_its_place(recipe: Recipe) -> None:
    assert recipe.question.endswith("?")
    assert recipe.note == "" or recipe.note[-1] in ".)"
    for name in recipe.defaults:
        assert f"${name}" in recipe.sql, f"{name} is nowhere in the SQL"
    assert "$" not in filled(recipe, {})
    assert ";" not in recipe.sql


def test_a_file_is_read_as_question_values_note_and_sql(tmp_path: Path) -> None:
    directory = tmp_path / "cookbook"
    directory.mkdir()
    (directory / "index.toml").write_text('[[chapter]]\ntitle = "The world"\nquestions = ["how-many"]\n')
    (directory / "how-many.sql").write_text(
        "-- question: How many?\n-- year: 2025\n-- What to know: all of it,\n-- in two lines.\nselect $year\n"
    )
    note = "What to know: all of it, in two lines."
    read = Recipe("how-many", "The world", "How many?", {"year": "2025"}, note, "select $year")
    assert read_recipes(tmp_path) == {"how-many": read}


def test_a_value_is_never_more_than_a_value() -> None:
    hostile = "x') or 1=1 --"
    sql = filled(ONE, {"origin": hostile})
    assert duckdb.execute(sql).fetchall() == [(hostile,)]
    assert filled(ONE, {"origin": "12"}) == "select 12"
    assert filled(ONE, {}) == "select 'SDN'"


def test_values_are_read_by_name_in_either_case() -> None:
    assert read_values(ONE, ["ORIGIN=afg", "since=2015", "day=2020-12-31"]) == {
        "origin": "afg",
        "since": "2015",
        "day": "2020-12-31",
    }


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("SDN", "'SDN' is not a value. Write it as name=value: origin=SDN."),
        ("orgin=SDN", "There is no value orgin to exchange in @one. Did you mean origin? Known: origin, since, day."),
        ("since=lately", "since is a number such as 2022, not 'lately'."),
        ("day=1.1.2025", "1.1.2025 is not a valid date."),
    ],
)
def test_a_wrong_value_is_answered_with_the_right_form(word: str, says: str) -> None:
    with pytest.raises(WrongUseError) as refused:
        read_values(ONE, [word])
    assert says in str(refused.value)


def test_an_unknown_question_is_answered_with_the_nearest() -> None:
    assert cookbook.named(RECIPES, "@World-Total").name == "world-total"
    with pytest.raises(WrongUseError, match=r"no question worldtotal in the cookbook\. Did you mean world-total\?"):
        cookbook.named(RECIPES, "@worldtotal")
