"""`displacement claims` with what belongs to it: one claim, a claim added and taken away, what claims can be about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.conftest import Run

ADD = (
    *("claims", "add", "minister-2026", "--claimant", "A minister", "--text", "Chad hosts 1.3 million refugees"),
    *("--measure", "refugees", "--country", "TCD", "--role", "asylum", "--value", "1.3 million"),
    *("--made-on", "2026-07-01", "--source", "a speech"),
)


@pytest.fixture
def home(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of the test's own, so that the build everybody reads stays as it is."""
    monkeypatch.setenv("DISPLACEMENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_one_claim_can_be_asked_for(run: Run) -> None:
    found = json.loads(run("claims", "--claim", "wilson-growth", "--json")[1])
    assert [row["claim_id"] for row in found] == ["wilson-growth"]
    code, said, error = run("claims", "--claim", "wilson")
    assert (code, said) == (2, "")
    assert "There is no claim wilson. Did you mean wilson-total? Known: wilson-total, wilson-growth." in error


def test_a_claim_is_added_and_taken_away_again(run: Run, home: Path) -> None:
    code, said, error = run(*ADD)
    assert (code, error) == (0, "")
    assert said.startswith(
        f"The claim minister-2026 is kept in {home / 'claims.csv'}. `displacement build` compares it"
    )
    assert "minister-2026,A minister,Chad hosts" in (home / "claims.csv").read_text()
    assert run(*ADD)[0] == 2
    assert json.loads(run("claims", "remove", "minister-2026", "--json")[1])["value"] == "1300000"
    assert not (home / "claims.csv").exists()


def test_what_a_claim_can_be_about_is_listed(run: Run) -> None:
    said = run("claims", "measures")[1]
    listed = json.loads(run("claims", "measures", "--json")[1])
    assert {"headline_total", "headline_mean_yearly_change_3y", "refugees"} <= {one["measure"] for one in listed}
    for one in listed:
        assert one["measure"] in said


@pytest.mark.parametrize("command", ["add", "remove", "measures"])
def test_each_has_help_with_an_example(run: Run, command: str) -> None:
    code, said, _ = run("claims", command, "--help")
    assert code == 0
    assert f"Example: displacement claims {command}" in " ".join(said.split())
