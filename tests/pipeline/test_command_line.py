"""The command line over a real build: answers for people and for programs, releases, rollback, nothing to do."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from displacement.build import builds
from displacement.build.fingerprint import fingerprint
from displacement.cli import build
from displacement.settings import Settings
from pipelines.run import FinishedRun
from tests.conftest import Built
from tests.pipeline.conftest import Run


def test_the_claims_are_answered_in_a_sentence_each(run: Run) -> None:
    code, said, error = run("claims")
    assert (code, error) == (0, "")
    total, growth = said.strip().split("\n\n")
    assert total.endswith("The newest published now is higher: 117.8 million (31 December 2025, Global Trends 2025).")
    assert growth.endswith("is lower: +3.1 million a year (31 December 2025, Global Trends 2025).")


def test_the_claims_are_answered_for_programs(run: Run) -> None:
    found = json.loads(run("claims", "--json")[1])
    assert [(row["claim_id"], row["verdict_then"], row["verdict_now"]) for row in found] == [
        ("wilson-total", "held", "outgrown"),
        ("wilson-growth", "held", "no longer so"),
    ]
    assert found[0]["reference_date_now"] == "2025-12-31"


def test_the_claims_can_be_answered_as_of_a_release(run: Run) -> None:
    found = json.loads(run("claims", "--json", "--as-of", "2024-06-17")[1])
    assert found[0]["value_now"] == 117_300_000
    assert found[0]["reference_date_now"] == "2023-12-31"


def test_the_releases_are_listed_with_what_each_held(run: Run) -> None:
    code, said, _ = run("releases")
    assert code == 0
    assert len(said.splitlines()) == 2 + 11
    found = json.loads(run("releases", "--json")[1])
    assert [row["release"] for row in found] == sorted(row["release"] for row in found)
    assert (found[-1]["release"], found[-1]["newest_reference_date"]) == ("2026-06-25", "2025-12-31")
    assert (found[0]["datasets"], found[2]["datasets"]) == (6, 7)  # flows begin on 2023-08-15


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_a_question_in_sql_is_answered_in_every_form(run: Run, form: str) -> None:
    code, said, error = run("query", "select * from top_hosts(2025, 10)", "--format", form)
    assert (code, error) == (0, "")
    assert "DEU" in said


def test_a_question_can_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("select count(*) as n\nfrom figures -- all\n"))
    assert json.loads(run("query", "-", "--json")[1]) == [{"n": 670_391}]


def test_a_question_can_be_asked_of_a_release(run: Run) -> None:
    sql = "select forcibly_displaced as t from global_totals where reference_date = '2022-12-31'"
    assert json.loads(run("query", sql, "--json", "--as-of", "2023-06-14")[1]) == [{"t": 108_436_336}]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("query", "selec 1"), "syntax error"),
        (("query", "select * from corridor"), "There is no table corridor. Did you mean corridors? Known: anomalies, "),
        (("query", "from tophosts(2025, 3)"), "There is no macro tophosts. Did you mean top_hosts? Known: "),
        (("query", "select refugee from corridors"), 'Referenced column "refugee" not found'),
        (("query", "select 1", "--format", "xml"), "There is no format xml"),
        (("query", "select 1", "--as-of", "2020-01-01"), "There is no release 2020-01-01. Known releases: 2023-04-27"),
        (("claims", "--as-of", "2020-01-01"), "Known releases"),
        (("query", "drop table figures"), "read-only"),
        (("query", "select 1; select 2"), "These are 2 statements. Ask one question at a time."),
        (("publish", "nothing"), "There is no build nothing. Builds: "),
        (("rollback",), "There is no build before"),
    ],
)
def test_wrong_use_is_one_line_and_ends_with_2(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said, error = run(*words)
    assert (code, said) == (2, "")
    assert error.startswith("Error: ")
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_a_build_where_nothing_changed_does_nothing_and_says_so(
    run: Run, here: Settings, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    from tests.unit.test_publication import shown

    same = shown(here, "same", inputs=fingerprint(here, pictures=False, site=False))
    monkeypatch.setenv("DISPLACEMENT_HOME", str(here.home))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(here.public))
    code, said, _ = run("build", "--no-pictures", "--no-site", *(["--json"] if as_json else []))
    assert code == 0
    if as_json:
        found = json.loads(said)
        assert (found["built"], found["public"]) == (False, str(here.public))
    else:
        assert said.startswith(f"Nothing has changed since build {same.build_id}")
        assert "--force" in said
    assert builds.builds(here) == [same]


def test_a_finished_build_is_reported_with_what_was_made_and_where(
    built: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    build.say(built.settings, FinishedRun(built.build, built.results))
    said = capsys.readouterr().out
    assert said.startswith(f"Build {built.build.build_id} is made and published:\n")
    for made in ("public/index.html", "public/displacement.duckdb", "checks passed", "117.8 million people"):
        assert made in said


def test_rollback_and_publish_switch_to_and_fro(
    run: Run, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.test_publication import shown

    here = Settings(home=tmp_path / "home", public=tmp_path / "shown")
    monkeypatch.setenv("DISPLACEMENT_HOME", str(here.home))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(here.public))
    whole = here.builds / built.build.build_id
    shutil.copytree(built.public, whole)
    newer = shown(here, "newer")
    code, said, _ = run("rollback")
    assert (code, said.strip()) == (0, f"{here.public} now shows build {whole.name}.")
    assert json.loads(run("query", "select count(*) as n from releases", "--json")[1]) == [{"n": 11}]
    assert json.loads(run("publish", "--json")[1]) == {"build_id": newer.build_id, "public": str(here.public)}
    assert run("query", "select 1")[0] == 1  # the newer build of this test holds no database
