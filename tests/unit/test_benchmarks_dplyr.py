"""dplyr as a peer: what is said where it cannot be asked, and how its tables are held against ours."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from benchmarks.modelling import asked, with_r
from benchmarks.modelling.rows import MARTS, SHARES, same_marts
from displacement.settings import Settings

LISTS = ("COMPONENTS", "ACROSS", "OTHERS", "SOLUTIONS", "KEY", "NO_PLACE")


def pretend(place: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a script of the shell stand for Rscript."""
    program = place / "Rscript"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


def test_without_r_the_row_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert with_r.absent() == "there is no R here"
    assert with_r.versions() is None


def test_r_without_dplyr_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, 'case "$*" in *dplyr*) printf FALSE ;; *) printf TRUE ;; esac', monkeypatch)
    assert with_r.absent() == "R is here without dplyr: apt install r-cran-dplyr"


def test_an_old_r_and_one_that_does_not_start_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, "printf FALSE", monkeypatch)
    assert with_r.absent() == "R is here, but not 4.1 or newer"
    pretend(tmp_path, "printf TRUE; exit 1", monkeypatch)
    assert with_r.absent() == "R is here, but not 4.1 or newer"


def test_r_with_everything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, "printf TRUE", monkeypatch)
    assert with_r.absent() is None


@pytest.mark.parametrize("name", LISTS)
def test_r_is_asked_the_same_as_the_others(name: str) -> None:
    (listed,) = re.findall(rf"^{name} <- c\((.*)\)$", with_r.SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r'"(\w+)"', listed) == getattr(asked, name)


def test_r_is_given_every_figure_as_csv(tmp_path: Path) -> None:
    data = Settings.from_environment({}).data
    place = with_r.give(data, tmp_path / "sources")
    given, shipped = f"read_csv('{place / 'figures.csv'}')", f"read_parquet('{data / 'figures.parquet'}')"
    with duckdb.connect() as connection:
        assert not connection.execute(f"from {shipped} except all from {given}").fetchall()
        assert not connection.execute(f"from {given} except all from {shipped}").fetchall()
    assert {path.name for path in place.iterdir()} == {*with_r.SOURCES, "figures.csv"}


class TestTablesAsCsv:
    """Tables of one row each, ours as Parquet and theirs as CSV."""

    @pytest.fixture
    def places(self, tmp_path: Path) -> tuple[Path, Path]:
        ours, theirs = tmp_path / "ours", tmp_path / "theirs"
        for place in (ours, theirs):
            place.mkdir()
        with duckdb.connect() as connection:
            for name, columns in MARTS.items():
                row = ", ".join(f"{_value(column)} as {column}" for column in columns.split(", "))
                connection.execute(f"copy (select {row}) to '{ours / name}.parquet'")
                connection.execute(f"copy (select {row}) to '{theirs / name}.csv'")
        return ours, theirs

    def test_the_same_rows_are_the_same(self, places: tuple[Path, Path]) -> None:
        assert same_marts(*places)

    @pytest.mark.parametrize(
        ("table", "before", "after"),
        [
            ("figures", "2025-12-31", "2025-06-30"),
            ("corridors", ",28000000,", ",28000001,"),
            ("rankings", "0.12345678901", "0.12345678902"),
            ("revisions", "AFG", "AGO"),
            ("solutions", ",28000000,", ",,"),
        ],
    )
    def test_one_value_that_is_another_is_seen(
        self, places: tuple[Path, Path], table: str, before: str, after: str
    ) -> None:
        path = places[1] / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        assert not same_marts(*places)

    def test_a_row_too_many_is_seen(self, places: tuple[Path, Path]) -> None:
        path = places[1] / "country_totals.csv"
        heading, row = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([heading, row, row, ""]), encoding="utf-8")
        assert not same_marts(*places)


def _value(column: str) -> str:
    if column in SHARES:
        return "0.12345678901234567"
    if column in ("reference_date", "published_in", "release"):
        return "date '2025-12-31'"
    if column in ("superseded_in", "release_before"):
        return "null::date"
    if column in ("country", "role", "origin", "asylum", "indicator", "event", "measure"):
        return "'AFG'"
    return "28000000"
