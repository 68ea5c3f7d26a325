"""What is worked out from the SQL is kept, and never outlives what it was worked out from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from displacement.build import cache, lineage, models, warehouse
from displacement.build.cache import kept
from displacement.build.lineage import column_lineage
from displacement.build.models import read_models
from displacement.build.warehouse import read_macros
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError


class Work:
    """Work that counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[int]:
        self.times += 1
        return [self.times]


@pytest.fixture
def work() -> Work:
    return Work()


def test_what_is_made_from_the_same_is_worked_out_once(tmp_path: Path, work: Work) -> None:
    assert kept(tmp_path / "derived", "answers", ["select 1", ("a", "b")], work) == [1]
    assert kept(tmp_path / "derived", "answers", ["select 1", ("a", "b")], work) == [1]
    assert work.times == 1


@pytest.mark.parametrize("changed", [["select 2"], ["select", "1"], ["select 1", ""], []])
def test_whatever_changes_in_what_it_is_made_from_is_noticed(tmp_path: Path, work: Work, changed: list[str]) -> None:
    kept(tmp_path / "derived", "answers", ["select 1"], work)
    assert kept(tmp_path / "derived", "answers", changed, work) == [2]


def test_another_program_works_it_out_anew(tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path / "derived", "answers", [], work)
    monkeypatch.setattr(cache, "_program", lambda: b"another")
    assert kept(tmp_path / "derived", "answers", [], work) == [2]


def test_the_program_is_its_modules_and_the_version_of_sqlglot(monkeypatch: pytest.MonkeyPatch) -> None:
    program = cache._program.__wrapped__
    before = program()
    monkeypatch.setattr(cache, "version", lambda name: f"another {name}")
    assert program() != before
    for name in cache.WORKED_OUT_BY:
        assert (Path(cache.__file__).parent / name).read_bytes() in before


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"made_from": "x", "value": [9]}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, work: Work, damage: str) -> None:
    kept(tmp_path / "derived", "answers", [], work)
    (tmp_path / "derived/answers.json").write_text(damage)
    assert kept(tmp_path / "derived", "answers", [], work) == [2]
    assert kept(tmp_path / "derived", "answers", [], work) == [2], "and it is mended"


def test_a_value_that_was_changed_in_its_file_is_not_taken(tmp_path: Path, work: Work) -> None:
    kept(tmp_path / "derived", "answers", [], work)
    path = tmp_path / "derived/answers.json"
    path.write_text(path.read_text().replace('"value": [1]', '"value": [7]'))
    assert kept(tmp_path / "derived", "answers", [], work) == [2]


def test_a_file_cut_short_after_its_checksum_is_not_taken(tmp_path: Path, work: Work) -> None:
    kept(tmp_path / "derived", "answers", [], work)
    path = tmp_path / "derived/answers.json"
    path.write_text(json.dumps({"made_from": json.loads(path.read_text())["made_from"]}))
    assert kept(tmp_path / "derived", "answers", [], work) == [2]


def test_loading_definitions_makes_no_home(tmp_path: Path, work: Work) -> None:
    kept(tmp_path / "var/derived", "answers", [], work)
    assert not (tmp_path / "var").exists()
    assert kept(None, "answers", [], work) == [2]


def test_a_home_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path, work: Work) -> None:
    (tmp_path / "derived").write_text("in the way")
    assert kept(tmp_path / "derived", "answers", [], work) == [1]
    assert kept(tmp_path / "derived", "answers", [], work) == [2]


def test_an_error_is_never_kept(tmp_path: Path) -> None:
    def broken() -> None:
        raise DisplacementError("not SQL")

    with pytest.raises(DisplacementError, match="not SQL"):
        kept(tmp_path / "derived", "answers", [], broken)
    assert not (tmp_path / "derived").exists()


# --- of the models of this project -----------------------------------------------------------------------------------


@pytest.fixture
def sql(tmp_path: Path, root: Path) -> Path:
    return shutil.copytree(root / "sql", tmp_path / "sql")


def _forget() -> None:
    for cached in (read_models, read_macros):
        cached.cache_clear()


def _nothing_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(sql: str, path: Path) -> None:
        raise AssertionError(f"{path} was parsed again")

    for module in (models, warehouse, lineage):
        monkeypatch.setattr(module, "parsed", refuse)


def test_kept_models_lineage_and_macros_are_those_that_were_worked_out(
    tmp_path: Path, sql: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, sources = load_catalogue(), {"raw_figures": ("indicator", "value")}
    fresh = read_models(sql), read_macros(sql, catalogue)
    chosen = {name: fresh[0][name] for name in ("figures", "corridors")}
    steps = column_lineage(chosen, catalogue, sources)
    for _ in range(2):
        _forget()
        assert (read_models(sql, tmp_path / "derived"), read_macros(sql, catalogue, tmp_path / "derived")) == fresh
        assert column_lineage(chosen, catalogue, sources, tmp_path / "derived") == steps
        _nothing_is_parsed(monkeypatch)


def test_a_changed_select_is_read_anew(tmp_path: Path, sql: Path) -> None:
    """A model whose new table was not seen would be made before the table it reads."""
    read_models(sql, tmp_path / "derived")
    _forget()
    figures = sql / "staging/figures.sql"
    figures.write_text(figures.read_text() + "    and indicator in (select indicator from indicators)\n")
    assert "indicators" in read_models(sql, tmp_path / "derived")["figures"].reads


def test_a_changed_mart_changes_its_macro(tmp_path: Path, sql: Path) -> None:
    read_macros(sql, load_catalogue(), tmp_path / "derived")
    _forget()
    totals = sql / "marts/global_totals.sql"
    totals.write_text(totals.read_text().rstrip() + "\nlimit 7\n")
    assert "LIMIT 7" in read_macros(sql, load_catalogue(), tmp_path / "derived")["global_totals_as_of"].sql
