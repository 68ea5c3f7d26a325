"""Bad data stops at the door, named: each kind of error is planted, and the build on show stays as it was."""

from __future__ import annotations

import csv
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from displacement import cli, publication, quality
from displacement.errors import DisplacementError, HeldBackError
from displacement.settings import Settings
from pipelines.run import run_build
from tests.shipped import change_figures, change_text, copied, small
from tests.unit.test_publication import shown

OF = "indicator = 'refugees' and reference_date = '2024-12-31' and origin = 'TIB' and asylum = 'IND'"
CORRECTED = "indicator = 'unrwa_refugees' and superseded_in is not null"
PLANTED = {
    "indicator_present": f"update figures set indicator = null where {OF}",
    "origin_present": f"update figures set origin = null where {OF}",
    "value_present": f"update figures set value = null where {OF}",
    "known_indicator": f"update figures set indicator = 'refugee' where {OF}",
    "known_origin": f"update figures set origin = 'Tibetan' where {OF}",
    "known_asylum": f"update figures set asylum = 'GFR' where {OF}",
    "known_release_published_in": f"update figures set published_in = '2025-06-11' where {OF}",
    "value_above_zero": f"update figures set value = 0 where {OF}",
    "reference_date_is_30_june_or_31_december": f"update figures set reference_date = '2024-12-30' where {OF}",
    "reference_date_not_before_first_year": f"update figures set reference_date = '1950-12-31' where {OF}",
    "reference_date_not_after_newest": f"update figures set reference_date = '2026-12-31' where {OF}",
    "published_before_superseded": f"update figures set superseded_in = published_in where {OF}",
    "standing_key_unique": f"insert into figures select * replace (value + 1 as value) from figures where {OF}",
    "row_count": f"delete from figures where {OF}",
}
"""Rule: the statement that plants an error only it should find, in a copy with few facts."""


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("few") / "data")


@pytest.fixture
def planted(here: Settings, few: Path, tmp_path: Path) -> Settings:
    """Return an installation with a build on show and a copy of few facts to plant errors in."""
    shown(here, "good", inputs="of yesterday")
    return replace(here, data=Path(shutil.copytree(few, tmp_path / "data")))


def content(settings: Settings) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(settings.public.rglob("*")) if path.is_file()}


def failed(settings: Settings, name: str = quality.LEDGER) -> list[str]:
    return [result.rule for result in quality.read_results(settings.quality, [name]) if not result.passed]


@pytest.mark.parametrize("rule", PLANTED)
def test_an_error_is_found_by_its_rule_alone_and_the_build_on_show_stays(planted: Settings, rule: str) -> None:
    before, build = content(planted), publication.shown(planted)
    assert build
    change_figures(planted.data, PLANTED[rule])
    with pytest.raises(HeldBackError) as held:
        run_build(planted, pictures=False)
    said = str(held.value)
    assert held.value.exit_code == 3
    assert f"ledger: {rule} failed" in said
    assert said.endswith(f"{planted.public} still shows build {build.build_id}.")
    assert failed(planted) == [rule]
    assert content(planted) == before
    assert publication.builds(planted) == [build]
    with (planted.quarantine / f"ledger.{rule}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert 1 <= len(rows) <= 8
    assert not (planted.home / "models").exists() or not list(planted.models.glob("*.parquet"))


def test_few_facts_without_an_error_pass_the_door(planted: Settings) -> None:
    # Else every test above would pass for the wrong reason. What fails later is that few facts give no world total.
    with pytest.raises(DisplacementError):
        run_build(planted, pictures=False)
    assert failed(planted) == []
    assert quality.read_results(planted.quality, [quality.LEDGER])


def test_a_row_leaves_quarantine_when_its_rule_holds_again(planted: Settings) -> None:
    path = planted.data / "figures.parquet"
    sound = path.read_bytes()
    change_figures(planted.data, PLANTED["value_above_zero"])
    with pytest.raises(HeldBackError):
        run_build(planted, pictures=False)
    assert (planted.quarantine / "ledger.value_above_zero.csv").exists()
    path.write_bytes(sound)
    change_figures(planted.data, PLANTED["known_asylum"])
    with pytest.raises(HeldBackError):
        run_build(planted, pictures=False)
    assert [found.name for found in planted.quarantine.iterdir()] == ["ledger.known_asylum.csv"]


def test_a_damaged_file_stops_the_build_before_anything_is_read_from_it(planted: Settings) -> None:
    before = content(planted)
    path = planted.data / "figures.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DisplacementError, match=r"figures\.parquet is damaged: .* still shows build") as stopped:
        run_build(planted, pictures=False)
    assert not isinstance(stopped.value, HeldBackError)
    assert "\n" not in str(stopped.value)
    assert content(planted) == before


def test_the_command_ends_with_3_and_one_line(
    planted: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_figures(planted.data, PLANTED["known_origin"])
    monkeypatch.setattr(Settings, "from_environment", lambda: planted)
    monkeypatch.setattr(sys, "argv", ["displacement", "build", "--no-pictures"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    assert end.value.code == 3
    assert said.out == ""
    assert said.err.startswith("Error: The build was stopped. ledger: known_origin failed for ")
    assert said.err.count("\n") == 1


def test_a_published_total_that_its_own_release_does_not_give_stops_the_build_late(
    here: Settings, tmp_path: Path
) -> None:
    # Found only after all models are made: nothing of them may reach the build on show.
    shown(here, "good", inputs="of yesterday")
    planted = replace(here, data=copied(tmp_path / "data"))
    change_text(planted.data, "headlines.csv", "Global Trends 2022,108.4,", "Global Trends 2022,109.4,")
    before = content(planted)
    with pytest.raises(HeldBackError, match="published_totals_are_met_by_their_release failed"):
        run_build(planted, pictures=False)
    assert failed(planted, quality.SQL_CHECKS) == ["published_totals_are_met_by_their_release"]
    assert content(planted) == before
    assert (planted.quarantine / "headlines.published_totals_are_met_by_their_release.csv").exists()
    assert len(publication.builds(planted)) == 1
