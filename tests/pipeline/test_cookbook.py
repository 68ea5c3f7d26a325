"""The cookbook against a real build: every question is answered as documented, and can be asked with other values."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from displacement.query import cookbook_page
from displacement.query.cookbook import read_recipes
from displacement.settings import Settings
from tests.conftest import ROOT, Built
from tests.pipeline.conftest import Run

PAGE = (ROOT / "docs/cookbook.md").read_text(encoding="utf-8")
RECIPES = read_recipes(Settings.from_environment().sql)
WRITE_ANEW = "write it anew with `make docs`"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("displacement ")]


@pytest.mark.parametrize("name", RECIPES)
def test_every_question_has_the_answer_that_is_documented(published: duckdb.DuckDBPyConnection, name: str) -> None:
    told = cookbook_page.told(RECIPES[name], published)
    assert f"\n{told}\n" in PAGE, f"docs/cookbook.md does not give the answer to {name}: {WRITE_ANEW}"
    assert "\n| " in told.split("| --- |")[-1] or "---: |\n| " in told, f"{name} has no answer"


def test_the_page_is_up_to_date(published: duckdb.DuckDBPyConnection) -> None:
    assert cookbook_page.render(Settings.from_environment(), published) == PAGE, WRITE_ANEW


def test_an_answer_fits_a_page(published: duckdb.DuckDBPyConnection) -> None:
    for recipe in RECIPES.values():
        assert len(cookbook_page.told(recipe, published).splitlines()) < 90, recipe.name


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_works(run: Run, line: str) -> None:
    code, said, error = run(*shlex.split(line)[1:])
    assert (code, error) == (0, "")
    assert said.strip()


def test_the_python_of_the_page_runs_as_it_stands(built: Built, tmp_path: Path) -> None:
    (code,) = blocks("python")
    (tmp_path / "public").symlink_to(built.public.resolve())
    program = f"{code}\nprint(hosts)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "('DEU', 2655191)" in done.stdout


# --- on the command line ----------------------------------------------------------------------------------------------


def test_the_questions_are_listed_for_people_and_for_programs(run: Run) -> None:
    said = run("query", "--cookbook")[1]
    listed = json.loads(run("query", "--cookbook", "--json")[1])
    assert [one["name"] for one in listed] == list(RECIPES)
    for one in listed:
        assert f"@{one['name']} " in said
        assert one["question"] in said
    assert listed[list(RECIPES).index("refugees-in-a-country")]["values"] == {
        "origin": "SDN",
        "asylum": "TCD",
        "since": "2022",
    }


def test_a_question_is_answered_by_its_name(run: Run) -> None:
    found = json.loads(run("query", "@refugees-in-a-country", "--json")[1])
    assert found[-1] == {
        "year": 2025,
        "refugees": 1_330_950,
        "oip": None,
        "change_in_the_year": 221_593,
        "change_since": 927_104,
    }


def test_a_question_is_answered_with_other_values(run: Run) -> None:
    found = json.loads(run("query", "@refugees-in-a-country", "origin=syr", "asylum=TUR", "since=2024", "--json")[1])
    assert [row["year"] for row in found] == [2024, 2025]
    assert found[-1]["refugees"] == 2_347_756


def test_a_question_can_be_asked_as_of_a_release(run: Run) -> None:
    found = json.loads(run("query", "@largest-hosts", "n=1", "--json", "--as-of", "2024-06-17")[1])
    assert found[0]["country"] == "IRN"  # 3.8 million Afghans at the end of 2023, many of them since revised away


def test_the_sql_of_a_question_can_be_had_instead_of_its_answer(run: Run) -> None:
    code, said, _ = run("query", "@refugees-in-a-country", "asylum=EGY", "--show")
    assert code == 0
    assert "asylum = 'EGY'" in said
    assert json.loads(run("query", said, "--json")[1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("@refugees-in-country",), "Did you mean refugees-in-a-country?"),
        (("@refugees-in-a-country", "asylum=Chat"), "There is no country Chat. Did you mean TCD (Chad)"),
        (("@refugees-in-a-country", "host=TCD"), "There is no value host to exchange in @refugees-in-a-country."),
        (("@history-of-a-figure", "indicator=idmc"), "Did you mean idmc_idps?"),
        (("@believed-then", "release=2023-06-15"), "Did you mean 2023-06-14?"),
        (
            ("@european-union", "members=NATO"),
            "There is no group of countries NATO. Known: EU, HIGH_INCOME, LDC, ",
        ),
        (("select 1", "n=2"), "SQL is one argument, between quotes"),
        (("select 1", "--show"), "goes with @name only"),
        ((), "Ask in SQL"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_what_can(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said, error = run("query", *words)
    assert (code, said) == (2, "")
    assert says in error
    assert error.count("\n") == 1
