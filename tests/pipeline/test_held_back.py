"""Bad data stops at the door, named: an error is planted, and the published build stays as it was."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from dagster import AssetKey, ExecuteInProcessResult

from displacement import quality
from displacement.build import builds
from displacement.catalogue import load_catalogue
from displacement.cli import app
from displacement.errors import DisplacementError, HeldBackError
from displacement.settings import Settings
from pipelines.definitions import build_definitions
from pipelines.jobs import BUILD
from pipelines.resources import Installation
from pipelines.run import run_build
from pipelines.running import error_of, execute, instance_of_environment
from tests.shipped import change_figures, change_text, copied, small
from tests.unit.test_publication import shown

STANDING = "indicator = 'refugees' and reference_date = '2021-12-31' and origin = 'PSE' and asylum = 'EGY'"
TABLES = tuple(load_catalogue().tables)
PLANTED = {
    "known_origin": f"update figures set origin = 'Palestinian' where {STANDING}",
    "known_asylum": f"update figures set asylum = 'ARE_' where {STANDING}",
    "value_above_zero": f"update figures set value = 0 where {STANDING}",
}
"""Rule: the statement that plants an error only it finds, in a copy with few facts. All rules: test_quality_rules."""


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


def test_few_facts_without_an_error_pass_the_door(planted: Settings) -> None:
    # Else every test above would pass for the wrong reason. What fails later is that few facts give no world total.
    with pytest.raises(DisplacementError):
        run_build(planted, pictures=False, site=False)
    assert failed(planted) == []
    assert quality.read_results(planted.quality, [quality.LEDGER])


def test_a_row_leaves_quarantine_when_its_rule_holds_again(planted: Settings) -> None:
    path = planted.data / "figures.parquet"
    sound = path.read_bytes()
    change_figures(planted.data, PLANTED["value_above_zero"])
    with pytest.raises(HeldBackError):
        run_build(planted, pictures=False, site=False)
    with (planted.quarantine / "ledger.value_above_zero.csv").open(encoding="utf-8", newline="") as stream:
        assert {(row["origin"], row["asylum"], row["value"]) for row in csv.DictReader(stream)} == {("PSE", "EGY", "0")}
    path.write_bytes(sound)
    change_figures(planted.data, PLANTED["known_asylum"])
    with pytest.raises(HeldBackError):
        run_build(planted, pictures=False, site=False)
    assert [found.name for found in planted.quarantine.iterdir()] == ["ledger.known_asylum.csv"]


def test_a_damaged_file_stops_the_build_before_anything_is_read_from_it(planted: Settings) -> None:
    before = content(planted)
    path = planted.data / "figures.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DisplacementError, match=r"figures\.parquet is damaged: .* still shows build") as stopped:
        run_build(planted, pictures=False, site=False)
    assert not isinstance(stopped.value, HeldBackError)
    assert "\n" not in str(stopped.value)
    assert content(planted) == before


def test_the_command_ends_with_3_and_one_line_and_the_published_build_stays(
    planted: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, build = content(planted), builds.published(planted)
    assert build
    change_figures(planted.data, PLANTED["known_origin"])
    monkeypatch.setattr(Settings, "from_environment", lambda: planted)
    monkeypatch.setattr(sys, "argv", ["displacement", "build", "--no-pictures", "--no-site"])
    with pytest.raises(SystemExit) as end:
        app.main()
    said = capsys.readouterr()
    assert end.value.code == 3
    assert said.out == ""
    assert said.err.startswith("Error: The build was stopped. ledger: known_origin failed for ")
    assert said.err.endswith(f"{planted.public} still shows build {build.build_id}.\n")
    assert said.err.count("\n") == 1
    assert content(planted) == before
    assert builds.builds(planted) == [build]


@pytest.mark.slow
def test_a_published_total_that_its_release_does_not_give_stops_the_build_late(here: Settings, tmp_path: Path) -> None:
    # Found only after all models are made: nothing of them may reach the build on show.
    shown(here, "good", inputs="of yesterday")
    planted = replace(here, data=copied(tmp_path / "data"))
    change_text(planted.data, "headlines.csv", "Global Trends 2022,108.4,", "Global Trends 2022,109.4,")
    before = content(planted)
    with pytest.raises(HeldBackError, match="published_totals_are_met_by_their_release failed"):
        run_build(planted, pictures=False, site=False)
    # The bridge to that total has a gap, too: a total nobody can explain is missed from both sides.
    assert failed(planted, quality.SQL_CHECKS) == [
        "headline_bridge_adds_up",
        "published_totals_are_met_by_their_release",
    ]
    assert content(planted) == before
    assert (planted.quarantine / "headlines.published_totals_are_met_by_their_release.csv").exists()
    assert len(builds.builds(planted)) == 1


@pytest.mark.slow
def test_a_build_whose_checks_were_left_out_is_not_published(here: Settings, tmp_path: Path) -> None:
    """Materialized without the checks between tables and publication, a run went by the results of the day before."""
    shown(here, "good", inputs="of yesterday")
    planted = replace(here, data=copied(tmp_path / "data"))
    before = content(planted)
    tables = [name for name in TABLES if name not in AFTER_CHECKS]
    with pytest.raises(DisplacementError, match="sql_checks were not checked in this build"):
        raise error_of(materialized(planted, ["ledger", *tables, "models", *AFTER_CHECKS]), planted.home)
    assert content(planted) == before


AFTER_CHECKS = (
    "quality_results", "build", "warehouse", "downloads", "datapackage", "charts", "quality_report", "changes", "site",
    "api", "publication",
)  # fmt: skip


def materialized(settings: Settings, assets: Iterable[str]) -> ExecuteInProcessResult:
    """Make some assets, and not what they are made from, as the Dagster UI can be asked to."""
    places = {name: str(getattr(settings, name)) for name in ("home", "public", "data")}
    job = build_definitions(Installation(**places, pictures=False, site=False)).resolve_job_def(BUILD)
    with instance_of_environment() as instance:
        return execute(job, instance, str(uuid4()), assets=[AssetKey(name) for name in assets])
