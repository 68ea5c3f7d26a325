"""The documents written from the one description: up to date, and complete."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from displacement.build import dictionary
from displacement.build.markdown import table
from displacement.catalogue import load_catalogue
from displacement.catalogue.words import column_comment, indicator_use, table_comment
from displacement.settings import PACKAGE, Settings

CATALOGUE = load_catalogue()
WRITE_ANEW = "write it anew with `make docs`"


def described_columns() -> list[tuple[str, str]]:
    return [(name, column) for name, one in CATALOGUE.tables.items() for column in one.column_names]


@pytest.fixture(scope="module")
def dictionary_text() -> str:
    return dictionary.render(Settings.from_environment())


def test_the_dictionary_is_up_to_date(root: Path, dictionary_text: str) -> None:
    assert (root / "docs/dictionary.md").read_text(encoding="utf-8") == dictionary_text, WRITE_ANEW


def test_the_dictionary_describes_every_table_and_column_under_its_table(dictionary_text: str) -> None:
    sections = dict(part.split("\n", 1) for part in dictionary_text.split("\n### ")[1:])
    assert list(sections) == list(CATALOGUE.tables)
    for name, column in described_columns():
        assert f"\n| `{column}` |" in sections[name], (name, column)


def test_the_dictionary_explains_every_warning_and_every_indicator(dictionary_text: str) -> None:
    for code in (*CATALOGUE.warnings, *CATALOGUE.indicators):
        assert f"\n| `{code}` |" in dictionary_text
    for warning in CATALOGUE.warnings.values():
        assert warning.why in dictionary_text


def test_a_cell_of_a_table_cannot_break_the_table() -> None:
    assert table(("a", "b"), [("x|y", None), ("two\nlines", 3)]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| x\\|y |  |",
        "| two lines | 3 |",
    ]


def test_a_comment_says_what_a_column_is_its_unit_and_how_it_can_be_misused() -> None:
    (idps,) = (column for column in CATALOGUE.tables["country_totals"].columns if column.name == "idps")
    said = column_comment(CATALOGUE, idps)
    assert said.startswith(idps.description)
    assert "Unit: persons (stock). Never add over years. Never add to idmc_idps." in said
    assert table_comment(CATALOGUE, CATALOGUE.tables["country_totals"]).endswith("Source: UNHCR, UNRWA, IDMC.")


def test_what_is_said_of_an_indicator_travels_into_the_file() -> None:
    said = {code: (publisher, warnings) for code, publisher, *_, warnings in indicator_use(CATALOGUE)}
    assert said["idmc_idps"][0] == "IDMC"
    assert "Cases, not persons." in said["asylum_applications_cases"][1]
    with (PACKAGE / "data/indicators.csv").open(encoding="utf-8", newline="") as stream:
        assert list(said) == [row["indicator"] for row in csv.DictReader(stream)]
